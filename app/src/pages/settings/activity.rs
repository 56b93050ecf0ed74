//! What happened on the account, and who did it.

use domain::format;
use domain::local_time::LocalDateTime;
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::frame::{use_frame, use_slug};
use crate::pages::error::{Failure, describe, failure, failure_page};
use crate::pages::load::page_with;
use crate::text::{Text, use_text};
use crate::ui::date_time::{DateTimeText, ZoneNote};
use crate::ui::empty_state::EmptyState;
use crate::ui::page_header::PageHeader;
use crate::ui::pagination::Pagination;
use crate::ui::table::{Cell, Column, RowHeading, Table, TableRow};
use crate::urls::paths;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doer {
    You,
    /// Somebody else of the same customer, by name.
    Member(String),
    /// The company itself.
    Organization,
    /// The system by itself, as in a renewal.
    System,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRow {
    /// What happened, in the reader's words.
    pub words: String,
    pub doer: Doer,
    pub at: LocalDateTime,
}

/// One page of entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityView {
    pub rows: Vec<ActivityRow>,
    pub count: i64,
    pub is_count_exact: bool,
    pub page: i64,
    pub last_page: i64,
}

/// Loads a page of the customer's activity; `page` counts from 1.
#[server(prefix = "/api", endpoint = "view/activity")]
pub async fn load_activity(
    organization: String,
    #[server(default)] page: Option<String>,
) -> Result<ActivityView, AppError> {
    super::load::activity(&organization, page.as_deref()).await
}

/// `/{organization}/portal/settings/activity`
pub fn page() -> AnyView {
    page_with::<LoadActivity>(&["page"], activity, refused)
}

/// A refusal in words of this page.
fn refused(error: &AppError) -> AnyView {
    let t = use_text();
    match error {
        AppError::Invalid(errors) if errors.first("page").is_some() => {
            let next = Some((paths::activity(&use_slug()), t.failure_to_first_page().to_owned()));
            let (title, text) = (
                t.failure_invalid_page_title().to_owned(),
                t.failure_invalid_page_text().to_owned(),
            );
            let said = describe(t, error);
            failure_page(error, Failure { title, text, next, ..said })
        }
        error => failure(error),
    }
}

fn activity(view: ActivityView) -> AnyView {
    let t = use_text();
    let content = if view.rows.is_empty() {
        let link = (view.page > 1)
            .then(|| (paths::activity(&use_slug()), t.failure_to_first_page().to_owned()));
        view! { <EmptyState title=t.activity_empty() hint=t.activity_empty_hint() link=link/> }
            .into_any()
    } else {
        table(t, view)
    };
    view! {
        <Title text=t.activity_title()/>
        <PageHeader title=t.activity_title() lead=t.activity_lead()/>
        <div class="stack">{content}</div>
    }
    .into_any()
}

fn table(t: Text, view: ActivityView) -> AnyView {
    let slug = use_slug();
    let company = use_frame()
        .organization
        .as_ref()
        .map(|organization| organization.name.clone())
        .unwrap_or_default();
    let address = |page: i64| {
        let path = paths::activity(&slug);
        if page > 1 { format!("{path}?page={page}") } else { path }
    };
    let beside = |page: i64| (1..=view.last_page).contains(&page).then(|| address(page));
    let (previous, next) = (beside(view.page - 1), beside(view.page + 1));
    let count = |number: i64| format::count(number, t.locale());
    let place = if view.is_count_exact {
        t.pagination_of_exact(view.count, &count(view.page), &count(view.last_page))
    } else {
        t.pagination_of_at_least(&count(view.page), &count(view.count))
    };
    let zone = view.rows.first().map(|row| view! { <ZoneNote zone=row.at.zone.clone()/> });
    let rows: Vec<AnyView> = view
        .rows
        .into_iter()
        .map(|row| {
            let doer = match row.doer {
                Doer::You => t.activity_actor_you().to_owned(),
                Doer::Member(name) => name,
                Doer::Organization => company.clone(),
                Doer::System => t.activity_actor_system().to_owned(),
            };
            view! {
                <TableRow>
                    <RowHeading>{row.words}</RowHeading>
                    <Cell is_quiet=true>{doer}</Cell>
                    <Cell is_quiet=true><DateTimeText at=row.at without_zone=true/></Cell>
                </TableRow>
            }
            .into_any()
        })
        .collect();
    let columns = vec![
        Column::text(t.activity_column_event()),
        Column::text(t.activity_column_actor()),
        Column::text(t.activity_column_when()),
    ];
    view! {
        <Table label=t.activity_title() columns=columns>{rows}</Table>
        {zone}
        <Pagination place=place previous=previous next=next/>
    }
    .into_any()
}
