//! A token never gives more than it has.

use domain::scope::Scope;
use sqlx::PgConnection;

use crate::actor::Actor;

/// Whether the actor may give these scopes: Foyer itself any, an access token those that are in its own. The token's row is locked, so
/// that nothing is given by what is being taken away.
pub(super) async fn may_give(
    tx: &mut PgConnection,
    actor: &Actor,
    scopes: &[Scope],
) -> Result<bool, sqlx::Error> {
    let Actor::AccessToken { organization_id, access_token_id } = actor else { return Ok(true) };
    let own = sqlx::query_scalar!(
        "select scopes from access_token
         where organization_id = $1 and access_token_id = $2 and revoked_at is null for share",
        organization_id.as_uuid(),
        access_token_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?
    .unwrap_or_default();
    let own: Vec<Scope> = own.iter().filter_map(|scope| Scope::parse(scope)).collect();
    Ok(scopes.iter().all(|scope| scope.is_in(&own)))
}
