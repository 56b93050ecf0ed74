//! `PATCH /v1/webhooks/endpoints/{id}/secret`

use axum::{Json, extract::State};
use backend::webhook;
use domain::{id::WebhookEndpointId, scope::Scope};

use super::{update::refused, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            webhook::WebhookEndpoint,
        },
    },
    state::AppState,
};

/// Give an endpoint a new secret. For 24 hours messages are signed with the previous one too.
#[utoipa::path(
    patch,
    path = "/v1/webhooks/endpoints/{id}/secret",
    operation_id = "webhooks:reset_webhook_endpoint_secret",
    tag = "webhooks",
    security(("access_token" = ["webhooks:write"])),
    params(("id" = Uuid, Path, description = "Of the endpoint.")),
    responses(
        (status = 200, body = WebhookEndpoint),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn change_secret(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<WebhookEndpointId>, ApiError>,
) -> Result<Json<WebhookEndpoint>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksWrite)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let done = cx.once(async |cx| webhook::change_secret(db, cx, organization_id, id).await).await;
    done.map_err(|error| refused(error, None))?;
    Ok(Json(whole(&state, &cx.actor, organization_id, id).await?))
}
