//! `POST /v1/customer-sessions/`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    api_session::{self, CreateApiSession, CreateApiSessionError, Whom},
    customer,
    hand_over::{self, CreateHandOver},
    organization,
};
use domain::{
    id::{ApiSessionId, CustomerId, MemberId},
    scope::Scope,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::{
            customer::Customer,
            error::{Unauthorized, ValidationError},
        },
        timestamp::Timestamp,
    },
    state::AppState,
};

/// For whom, by exactly one of the two ids of a customer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerSessionCreate {
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// The id by which the organization knows the customer.
    #[serde(alias = "customer_external_id")]
    pub external_customer_id: Option<String>,
    /// Who acts; the customer's owner when no member is named.
    #[schema(value_type = Option<Uuid>)]
    pub member_id: Option<MemberId>,
    pub external_member_id: Option<String>,
    /// The page of yours that "Back to …" leads to.
    #[schema(max_length = 2083, example = "https://app.example.com/account")]
    pub return_url: Option<String>,
}

/// A session, with its token for the only time.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSession {
    #[schema(value_type = Uuid)]
    pub id: ApiSessionId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(example = "foyer_cst_…")]
    pub token: String,
    pub expires_at: Timestamp,
    pub return_url: Option<String>,
    /// Signs the customer's browser in, once, within five minutes. It holds no token.
    pub customer_portal_url: String,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    pub customer: Customer,
}

/// Make a session for a customer, or for one of its members.
#[utoipa::path(
    post,
    path = "/v1/customer-sessions",
    operation_id = "customer_sessions:create",
    tag = "customer_sessions",
    security(("access_token" = ["customer_sessions:write"])),
    request_body = CustomerSessionCreate,
    responses(
        (status = 201, body = CustomerSession),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<CustomerSessionCreate>, ApiError>,
) -> Result<(StatusCode, Json<CustomerSession>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomerSessionsWrite)?;
    let Body(body) = body?;
    let input = CreateApiSession {
        organization_id,
        customer: customer_of(&body)?,
        member: member_of(&body)?,
        return_url: body.return_url.clone(),
    };
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let session = cx
        .once(async |cx| api_session::create(db, cx, input).await)
        .await
        .map_err(|error| refused(&error, &body))?;
    let hand_over = CreateHandOver {
        organization_id,
        customer_id: session.customer_id,
        member_id: Some(session.member_id),
        return_to: None,
        return_url: body.return_url,
    };
    let code = hand_over::create(db, &mut cx, hand_over)
        .await
        .map_err(|error| ApiError::internal("a session's hand-over could not be made", &error))?;
    let organization = organization::find(db, organization_id).await?;
    let customer = customer::record(db, &cx.actor, organization_id, session.customer_id).await?;
    let (Some(organization), Some(customer)) = (organization, customer) else {
        return Err(ApiError::not_found());
    };
    let created = CustomerSession {
        id: session.api_session_id,
        created_at: session.created_at.into(),
        modified_at: None,
        token: session.token.expose().to_owned(),
        expires_at: session.expires_at.into(),
        return_url: session.return_url,
        customer_portal_url: state.portal.urls.hand_over(&organization.slug, code.expose()),
        customer_id: session.customer_id,
        customer: customer.into(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

fn customer_of(body: &CustomerSessionCreate) -> Result<Whom<CustomerId>, ApiError> {
    match (body.customer_id, &body.external_customer_id) {
        (Some(id), None) => Ok(Whom::Id(id)),
        (None, Some(id)) => Ok(Whom::External(id.clone())),
        _ => {
            let msg = "Give either customer_id or external_customer_id.";
            Err(ApiError::Malformed(vec![Issue::body("missing", "customer_id", msg)]))
        }
    }
}

fn member_of(body: &CustomerSessionCreate) -> Result<Option<Whom<MemberId>>, ApiError> {
    match (body.member_id, &body.external_member_id) {
        (None, None) => Ok(None),
        (Some(id), None) => Ok(Some(Whom::Id(id))),
        (None, Some(id)) => Ok(Some(Whom::External(id.clone()))),
        (Some(_), Some(_)) => {
            let msg = "Give either member_id or external_member_id.";
            Err(ApiError::Malformed(vec![Issue::body("value_error", "member_id", msg)]))
        }
    }
}

fn refused(error: &CreateApiSessionError, body: &CustomerSessionCreate) -> ApiError {
    let field = |is_external, internal, external| if is_external { external } else { internal };
    let issue = match error {
        CreateApiSessionError::UnknownCustomer => {
            let is_external = body.external_customer_id.is_some();
            let name = field(is_external, "customer_id", "external_customer_id");
            Issue::body("value_error", name, "Customer does not exist.")
        }
        CreateApiSessionError::UnknownMember => {
            let is_external = body.external_member_id.is_some();
            let name = field(is_external, "member_id", "external_member_id");
            Issue::body("value_error", name, "The customer has no such member.")
        }
        CreateApiSessionError::Invalid(_) => {
            Issue::body("value_error", "return_url", "This is no http or https address.")
        }
        CreateApiSessionError::Forbidden(_) => return ApiError::unauthorized(),
        CreateApiSessionError::Database(_) => {
            return ApiError::internal("a session could not be made", error);
        }
    };
    ApiError::Invalid(vec![issue])
}
