//! The mailbox for trying and developing: each mail is a file in a folder, shown at `/dev/mailbox`.

use std::{
    io,
    path::{Path, PathBuf},
};

use futures::future::{BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Letter, MailTransport, Rendered, TransportError};

/// Mails that the mailbox shows at most, the newest first.
const SHOWN: usize = 200;

/// A mail as it lies in the folder and in `/dev/mailbox.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredMail {
    pub id: Uuid,
    pub to: String,
    pub to_name: Option<String>,
    pub from_name: String,
    pub template: String,
    pub locale: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A folder with one JSON file per mail, named by its id, so that a repeated mail replaces itself.
#[derive(Clone, Debug)]
pub struct DevMailbox {
    folder: PathBuf,
}

impl DevMailbox {
    /// # Errors
    /// When the folder can be neither found nor made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The newest mails, at most 200; mail ids are UUIDs v7, so their names sort by time.
    pub async fn list(&self) -> io::Result<Vec<StoredMail>> {
        let mut names = Vec::new();
        let mut entries = tokio::fs::read_dir(&self.folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                names.push(path);
            }
        }
        names.sort_unstable_by(|left, right| right.cmp(left));
        let mut mails = Vec::new();
        for name in names.into_iter().take(SHOWN) {
            let bytes = tokio::fs::read(name).await?;
            mails.extend(serde_json::from_slice::<StoredMail>(&bytes));
        }
        Ok(mails)
    }

    /// One mail, `None` when there is none of that id.
    pub async fn find(&self, id: Uuid) -> io::Result<Option<StoredMail>> {
        match tokio::fs::read(self.folder.join(format!("{id}.json"))).await {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn store(&self, mail: &StoredMail) -> io::Result<()> {
        let name = self.folder.join(format!("{}.json", mail.id));
        // A reader must never see half a file, so the whole one is moved into its place.
        let unfinished = self.folder.join(format!("{}.part", mail.id));
        tokio::fs::write(&unfinished, serde_json::to_vec_pretty(mail)?).await?;
        tokio::fs::rename(unfinished, name).await
    }
}

impl MailTransport for DevMailbox {
    fn send<'a>(
        &'a self,
        letter: &'a Letter,
        rendered: &'a Rendered,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        async move {
            let mail = StoredMail {
                id: letter.mail_id,
                to: letter.to.clone(),
                to_name: letter.to_name.clone(),
                from_name: letter.sender.name.clone(),
                template: letter.template.clone(),
                locale: letter.locale.tag().to_owned(),
                subject: rendered.subject.clone(),
                text: rendered.text.clone(),
                html: rendered.html.clone(),
            };
            let stored = self.store(&mail).await;
            stored
                .map_err(|error| TransportError::Temporary(format!("the mailbox folder: {error}")))
        }
        .boxed()
    }
}
