//! Looking up whom a mail is for and deriving what it says, at the moment it is sent.

use domain::id::{EmailUpdateId, MailId, MemberId, SignInId};
use domain::locale::Locale;
use domain::micros;
use serde_json::{Map, Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::claim::ClaimedMail;
use super::failure::ASKING;
use super::outcome::DropReason;
use crate::api_sign_in;
use crate::email_update;
use crate::error::{InconsistencyError, QueryError};
use crate::local_time::local_date_time;
use crate::payment::pay_link;
use crate::secret::SecretKey;
use crate::sign_in::{CODE_EXPIRES_AFTER, LINK_EXPIRES_AFTER, code_of, link_token_of};

/// What is to be done with a claimed mail.
#[derive(Debug)]
pub enum Prepared {
    Send(Box<Letter>),
    Drop(DropReason),
}

/// A mail ready to be rendered. Holds code and link of a sign-in: never stored, never logged.
#[derive(Clone)]
pub struct Letter {
    pub mail_id: MailId,
    pub to: String,
    pub to_name: Option<String>,
    pub locale: Locale,
    pub template: String,
    /// Moments are `LocalDateTime`s, amounts `Money`.
    pub params: Value,
    pub organization_slug: String,
    pub organization_name: String,
    pub organization_accent_color: String,
    pub organization_support_email: Option<String>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter")
            .field("mail_id", &self.mail_id)
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}

/// Whom a mail is for.
struct Recipient {
    email: String,
    name: Option<String>,
    locale: Option<String>,
    time_zone: String,
    customer_name: Option<String>,
}

/// Prepares a claimed mail, or says why it must not be sent.
pub async fn prepare(
    db: &PgPool,
    mail: &ClaimedMail,
    secret: &SecretKey,
    now: OffsetDateTime,
) -> Result<Prepared, QueryError> {
    if mail.expires_at <= now {
        return Ok(Prepared::Drop(DropReason::Expired));
    }
    let organization = crate::organization::find(db, mail.organization_id).await?;
    let recipient = match (mail.sign_in_id, mail.webhook_endpoint_id, mail.email_update_id) {
        (Some(sign_in_id), ..) => sign_in_recipient(db, mail, sign_in_id, now).await?,
        (None, Some(_), _) => organization_recipient(db, mail).await?,
        (None, None, Some(id)) => email_update_recipient(db, mail, id, now).await?,
        (None, None, None) => member_recipient(db, mail).await?,
    };
    let (Some(organization), Some(recipient)) = (organization, recipient) else {
        return Ok(Prepared::Drop(DropReason::NoRecipient));
    };
    if is_obsolete(db, mail).await? {
        return Ok(Prepared::Drop(DropReason::Obsolete));
    }
    let params = match mail.sign_in_id {
        Some(sign_in_id) => sign_in_params(secret, sign_in_id),
        None => notice_params(mail, &recipient, secret)?,
    };
    let locale = recipient
        .locale
        .as_deref()
        .and_then(Locale::from_tag)
        .unwrap_or(organization.default_locale);
    Ok(Prepared::Send(Box::new(Letter {
        mail_id: mail.mail_id,
        to: recipient.email,
        to_name: recipient.name,
        locale,
        template: mail.template.clone(),
        params,
        organization_slug: organization.slug,
        organization_name: organization.name,
        organization_accent_color: organization.accent_color,
        organization_support_email: organization.support_email,
    })))
}

/// What the mail asks for is not wanted any more: the order is settled or void, the card is gone or was renewed.
async fn is_obsolete(db: &PgPool, mail: &ClaimedMail) -> Result<bool, sqlx::Error> {
    let id = |name: &str| mail.parameters[name].as_str().and_then(|id| id.parse::<Uuid>().ok());
    if let (true, Some(order_id)) = (is_asking(mail), id("order_id")) {
        return sqlx::query_scalar!(
            r#"select status <> 'pending' as "is_settled!" from orders where organization_id = $1 and order_id = $2"#,
            mail.organization_id.as_uuid(),
            order_id,
        )
        .fetch_one(db)
        .await;
    }
    if let ("card_expiring", Some(payment_method_id)) =
        (mail.template.as_str(), id("payment_method_id"))
    {
        let expiry = |name: &str| mail.parameters[name].as_i64();
        let is_as_told = sqlx::query_scalar!(
            r#"select exists (
                select from payment_method
                where organization_id = $1 and payment_method_id = $2 and deleted_at is null
                  and exp_year::bigint = $3 and exp_month::bigint = $4) as "exists!""#,
            mail.organization_id.as_uuid(),
            payment_method_id,
            expiry("exp_year"),
            expiry("exp_month"),
        )
        .fetch_one(db)
        .await?;
        return Ok(!is_as_told);
    }
    Ok(false)
}

fn is_asking(mail: &ClaimedMail) -> bool {
    ASKING.contains(&mail.template.as_str())
}

/// The address that asked, if a live member has it and the link still works. The language is the browser's.
async fn sign_in_recipient(
    db: &PgPool,
    mail: &ClaimedMail,
    sign_in_id: SignInId,
    now: OffsetDateTime,
) -> Result<Option<Recipient>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select s.email, s.locale
         from sign_in s
         where s.organization_id = $1 and s.sign_in_id = $2 and s.link_expires_at > $3
           and exists (
            select from member m
            join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
            where m.organization_id = s.organization_id and lower(m.email) = lower(s.email) and m.deleted_at is null)"#,
        mail.organization_id.as_uuid(),
        sign_in_id.as_uuid(),
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Recipient {
        email: row.email,
        name: None,
        locale: Some(row.locale),
        time_zone: crate::local_time::UTC.to_owned(),
        customer_name: None,
    }))
}

/// The organization's own address, in its own language.
async fn organization_recipient(
    db: &PgPool,
    mail: &ClaimedMail,
) -> Result<Option<Recipient>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select support_email as "support_email!", time_zone from organization
         where organization_id = $1 and deleted_at is null and support_email is not null"#,
        mail.organization_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Recipient {
        email: row.support_email,
        name: None,
        locale: None,
        time_zone: row.time_zone,
        customer_name: None,
    }))
}

/// The new address as long as its link holds; afterwards the one before.
async fn email_update_recipient(
    db: &PgPool,
    mail: &ClaimedMail,
    email_update_id: EmailUpdateId,
    now: OffsetDateTime,
) -> Result<Option<Recipient>, sqlx::Error> {
    let asks = mail.template == email_update::VERIFICATION;
    let row = sqlx::query!(
        r#"select coalesce(u.previous_email, u.email) as "email!", c.locale, coalesce(c.time_zone, o.time_zone) as "time_zone!", c.name
         from email_update u
         join customer c on c.organization_id = u.organization_id and c.customer_id = u.customer_id and c.deleted_at is null
         join organization o on o.organization_id = u.organization_id
         where u.organization_id = $1 and u.email_update_id = $2
           and case when $3 then u.verified_at is null and u.expires_at > $4 else u.verified_at is not null end"#,
        mail.organization_id.as_uuid(),
        email_update_id.as_uuid(),
        asks,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Recipient {
        email: row.email,
        name: row.name.clone(),
        locale: row.locale,
        time_zone: row.time_zone,
        customer_name: row.name,
    }))
}

async fn member_recipient(
    db: &PgPool,
    mail: &ClaimedMail,
) -> Result<Option<Recipient>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select m.email, m.name, c.locale, coalesce(c.time_zone, o.time_zone) as "time_zone!", c.name as customer_name
         from member m
         join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
         join organization o on o.organization_id = m.organization_id
         where m.organization_id = $1 and m.member_id = $2 and m.deleted_at is null"#,
        mail.organization_id.as_uuid(),
        mail.member_id.map(MemberId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Recipient {
        email: row.email,
        name: row.name,
        locale: row.locale,
        time_zone: row.time_zone,
        customer_name: row.customer_name,
    }))
}

fn sign_in_params(secret: &SecretKey, sign_in_id: SignInId) -> Value {
    json!({
        "code": code_of(secret, sign_in_id).expose(),
        "link_token": link_token_of(secret, sign_in_id),
        "code_minutes": CODE_EXPIRES_AFTER.whole_minutes(),
        "link_minutes": LINK_EXPIRES_AFTER.whole_minutes(),
    })
}

/// The stored facts as templates read them: `…_us` become local moments, `…_minor` amounts in the mail's currency, both under
/// the name without that ending. Who is asked for a payment gets the token of its pay link.
fn notice_params(
    mail: &ClaimedMail,
    recipient: &Recipient,
    secret: &SecretKey,
) -> Result<Value, InconsistencyError> {
    let bad = || InconsistencyError::new("mail", "parameters", mail.mail_id);
    let stored = mail.parameters.as_object().ok_or_else(bad)?;
    let mut params = Map::from_iter([("customer_name".to_owned(), json!(recipient.customer_name))]);
    for (name, value) in stored {
        if let Some(name) = name.strip_suffix("_us") {
            let moment =
                value.as_i64().map(|micros| micros::instant(micros).ok_or_else(bad)).transpose()?;
            let moment = moment.map(|at| local_date_time(at, &recipient.time_zone));
            params.insert(name.to_owned(), json!(moment));
        } else if let Some(name) = name.strip_suffix("_minor") {
            let amount = value
                .as_i64()
                .map(|minor| json!({ "minor": minor, "currency": stored.get("currency") }));
            params.insert(name.to_owned(), json!(amount));
        } else {
            params.insert(name.clone(), value.clone());
        }
    }
    let id = stored.get("api_sign_in_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    if let Some(api_sign_in_id) = id {
        let code = api_sign_in::code_of(secret, api_sign_in_id);
        params.insert("code".to_owned(), json!(code.expose()));
        let minutes = api_sign_in::CODE_EXPIRES_AFTER.whole_minutes();
        params.insert("code_minutes".to_owned(), json!(minutes));
    }
    if let (email_update::VERIFICATION, Some(id)) = (mail.template.as_str(), mail.email_update_id) {
        let token = email_update::token_of(secret, id);
        params.insert("email_update_token".to_owned(), json!(token));
    }
    let order_id = stored.get("order_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    if let (true, Some(order_id)) = (is_asking(mail), order_id) {
        let token = pay_link::token(secret, mail.organization_id, order_id);
        params.insert("pay_token".to_owned(), json!(token));
    }
    Ok(Value::Object(params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::claim;
    use crate::test_support::{TestDb, billing, fixtures};
    use domain::email::EmailAddress;
    use domain::id::OrganizationId;
    use time::Duration;

    fn secret() -> SecretKey {
        SecretKey::from_hex(&"5e".repeat(32)).unwrap()
    }

    async fn due(db: &TestDb) -> ClaimedMail {
        let mut claimed = claim(&db.pool, db.now(), 10).await.unwrap();
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }

    async fn ask(db: &TestDb, organization_id: OrganizationId, email: &str) {
        let input = crate::sign_in::RequestSignIn {
            organization_id,
            email: EmailAddress::parse(email).unwrap(),
            browser_token: None,
            return_to: None,
            locale: Locale::De,
            client: "192.0.2.1".into(),
        };
        crate::sign_in::request(&db.pool, &mut db.cx(), input).await.unwrap();
    }

    #[tokio::test]
    async fn a_sign_in_goes_to_the_address_in_the_browsers_language_while_it_holds() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        fixtures::member(&db, organization_id, "ada@example.com").await;
        ask(&db, organization_id, "Ada@example.com").await;
        let mail = due(&db).await;
        let last = mail.expires_at - Duration::microseconds(1);
        let Prepared::Send(letter) = prepare(&db.pool, &mail, &secret(), last).await.unwrap()
        else {
            panic!("the mail is dropped");
        };
        assert_eq!(
            (letter.to.as_str(), letter.locale, letter.template.as_str()),
            ("Ada@example.com", Locale::De, "sign_in")
        );
        assert_eq!(
            (&letter.params["code_minutes"], &letter.params["link_minutes"]),
            (&json!(10), &json!(15))
        );
        assert!(!format!("{letter:?}").contains(letter.params["code"].as_str().unwrap()));
        let late = prepare(&db.pool, &mail, &secret(), mail.expires_at).await.unwrap();
        assert!(matches!(late, Prepared::Drop(DropReason::Expired)), "{late:?}");
    }

    #[tokio::test]
    async fn an_address_that_nobody_has_gets_nothing() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        fixtures::member(&db, other, "ada@example.com").await;
        ask(&db, organization_id, "ada@example.com").await;
        let mail = due(&db).await;
        let prepared = prepare(&db.pool, &mail, &secret(), db.now()).await.unwrap();
        assert!(matches!(prepared, Prepared::Drop(DropReason::NoRecipient)), "{prepared:?}");
    }

    #[tokio::test]
    async fn a_notice_says_amounts_and_the_customers_own_time() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        sqlx::query("update customer set locale = 'de', time_zone = 'Asia/Tokyo'")
            .execute(&db.pool)
            .await
            .unwrap();
        billing::subscribed(&db, &ada).await;
        let mail = due(&db).await;
        let Prepared::Send(letter) = prepare(&db.pool, &mail, &secret(), db.now()).await.unwrap()
        else {
            panic!("the mail is dropped");
        };
        assert_eq!(
            (letter.to.as_str(), letter.locale, letter.organization_slug.as_str()),
            ("ada@example.com", Locale::De, "acme")
        );
        assert_eq!(letter.params["amount"], json!({ "minor": 2_900, "currency": "eur" }));
        assert_eq!(
            letter.params["received_at"],
            json!({ "date": "2026-05-01", "time": "18:00", "zone": "Asia/Tokyo" })
        );
        assert_eq!(letter.params["current_period_end"]["date"], json!("2026-06-01"));
        assert_eq!(letter.params["ends_at"], Value::Null);
    }

    #[tokio::test]
    async fn a_member_who_left_gets_nothing() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        billing::subscribed(&db, &ada).await;
        sqlx::query("update member set deleted_at = created_at").execute(&db.pool).await.unwrap();
        let prepared = prepare(&db.pool, &due(&db).await, &secret(), db.now()).await.unwrap();
        assert!(matches!(prepared, Prepared::Drop(DropReason::NoRecipient)), "{prepared:?}");
    }

    #[tokio::test]
    async fn who_is_asked_to_pay_gets_a_pay_link_and_nobody_once_it_is_settled() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        billing::subscribed(&db, &ada).await;
        let order_id: Uuid =
            sqlx::query_scalar("select order_id from orders").fetch_one(&db.pool).await.unwrap();
        sqlx::query("update mail set template = 'payment_failed_again', parameters = jsonb_build_object('order_id', $1)")
            .bind(order_id)
            .execute(&db.pool)
            .await
            .unwrap();
        let mail = due(&db).await;
        let ask = async || prepare(&db.pool, &mail, &secret(), db.now()).await.unwrap();
        let Prepared::Send(letter) = ask().await else { panic!("the mail is dropped") };
        let token = pay_link::token(&secret(), organization_id, order_id.into());
        assert_eq!(letter.params["pay_token"], json!(token));
        assert!(mail.parameters.get("pay_token").is_none(), "it is stored nowhere");
        crate::order::record_payment(&db.pool, &mut db.cx(), organization_id, order_id.into())
            .await
            .unwrap();
        assert!(matches!(ask().await, Prepared::Drop(DropReason::Obsolete)));
    }
}
