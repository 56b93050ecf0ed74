//! `.data/demo.json`: what somebody (or a test) needs to try the demo. Readable by its owner only, since it holds a token.

use std::{
    fs, io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use app::urls::{UrlBuilder, paths};
use backend::{demo, organization, payment::pay_link, secret::SecretKey};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

const NAME: &str = "demo.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoFile {
    pub base_url: String,
    pub organization: DemoOrganization,
    pub access_token: String,
    pub mailbox_url: String,
    pub customers: Vec<DemoCustomer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoOrganization {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoCustomer {
    pub id: Uuid,
    pub external_id: Option<String>,
    pub email: String,
    pub name: Option<String>,
}

/// The file of an earlier run, if there is a whole one.
pub fn read(data_dir: &Path) -> Option<DemoFile> {
    serde_json::from_slice(&fs::read(data_dir.join(NAME)).ok()?).ok()
}

/// Writes it anew, whole or not at all.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(data_dir: &Path, file: &DemoFile) -> io::Result<()> {
    use io::Write;
    fs::create_dir_all(data_dir)?;
    let unfinished = data_dir.join(format!("{NAME}.part"));
    let mut open = fs::OpenOptions::new();
    let mut part = open.create(true).write(true).truncate(true).mode(0o600).open(&unfinished)?;
    part.set_permissions(fs::Permissions::from_mode(0o600))?;
    part.write_all(&serde_json::to_vec_pretty(file)?)?;
    part.sync_all()?;
    fs::rename(unfinished, data_dir.join(NAME))
}

/// The pay link of an order of the demo whose charge failed; `None` when there is none, or the database does not answer.
pub async fn pay_link_to_try(db: &PgPool, secret: &SecretKey, urls: &UrlBuilder) -> Option<String> {
    let (organization_id, order_id) = demo::order_to_pay(db).await.ok()??;
    let organization = organization::find(db, organization_id).await.ok()??;
    let token = pay_link::token(secret, organization_id, order_id);
    Some(urls.pay_link(organization.slug.as_str(), &token))
}

/// Says where the demo's portal is and who can sign in; nothing when there is no demo.
pub fn print_welcome(data_dir: &Path, urls: &UrlBuilder, pay_link: Option<&str>) {
    let Some(file) = read(data_dir) else {
        return;
    };
    println!();
    println!("  {}", file.organization.name);
    println!("  portal   {}", urls.absolute(&paths::overview(&file.organization.slug)));
    println!("  mailbox  {}   the sign-in codes arrive here", urls.absolute("/dev/mailbox"));
    if let Some(pay_link) = pay_link {
        println!("  pay link {pay_link}   a failed payment, without signing in");
    }
    println!();
    println!("  Sign in as one of these:");
    for customer in file.customers.iter().take(3) {
        println!("    {:<36} {}", customer.email, customer.name.as_deref().unwrap_or(""));
    }
    println!();
    println!("  Ctrl-C ends it.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_by_its_owner_only() {
        let folder = std::env::temp_dir().join(format!("foyer-demo-file-{}", std::process::id()));
        let file = DemoFile {
            base_url: "http://127.0.0.1:3000".to_owned(),
            organization: DemoOrganization {
                id: Uuid::nil(),
                slug: "n".to_owned(),
                name: "N".to_owned(),
            },
            access_token: "t".to_owned(),
            mailbox_url: "m".to_owned(),
            customers: vec![],
        };
        assert_eq!(read(&folder), None);
        write(&folder, &file).unwrap();
        write(&folder, &file).unwrap();
        assert_eq!(read(&folder), Some(file));
        let mode = fs::metadata(folder.join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::remove_dir_all(folder).unwrap();
    }
}
