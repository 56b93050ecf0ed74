//! `GET /v1/customer-portal/customers/me/payment-methods`

use axum::{Json, extract::State};
use backend::{
    page::{Count, Page},
    payment_method,
};

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{NotPermitted, Unauthorized, ValidationError},
            payment_method::CustomerPaymentMethod,
        },
    },
    state::AppState,
};

/// List the customer's payment methods, newest first; at most 50 are kept.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/customers/me/payment-methods",
    operation_id = "customer_portal:customers:list_payment_methods",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
    ),
    responses(
        (status = 200, body = ListResource<CustomerPaymentMethod>),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<CustomerPaymentMethod>>, ApiError> {
    let actor = caller.billing()?;
    let page = query.page();
    query.done()?;
    let methods = payment_method::list(&state.portal.db, &actor.into()).await?;
    let total = Count::Exact(methods.len().try_into().unwrap_or(i64::MAX));
    let offset = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let items = methods.into_iter().skip(offset).take(limit).collect();
    Ok(Json(ListResource::of(Page::new(items, total, page), Into::into)))
}
