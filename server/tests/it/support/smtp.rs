//! A small SMTP server that can be made to misbehave.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

#[derive(Default)]
struct Behaviour {
    mails: Mutex<Vec<String>>,
    break_off_after_data: AtomicBool,
    refuse_recipients: AtomicBool,
}

pub struct FakeSmtp {
    address: SocketAddr,
    behaviour: Arc<Behaviour>,
    task: JoinHandle<()>,
}

impl FakeSmtp {
    pub async fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let behaviour = Arc::new(Behaviour::default());
        let shared = behaviour.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, shared.clone()));
            }
        });
        Self { address, behaviour, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn mails(&self) -> Vec<String> {
        self.behaviour.mails.lock().unwrap().clone()
    }

    pub fn break_off_after_data(&self, on: bool) {
        self.behaviour.break_off_after_data.store(on, Ordering::SeqCst);
    }

    pub fn refuse_recipients(&self, on: bool) {
        self.behaviour.refuse_recipients.store(on, Ordering::SeqCst);
    }

    pub async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn converse(stream: TcpStream, behaviour: Arc<Behaviour>) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 fake\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "RCPT" if behaviour.refuse_recipients.load(Ordering::SeqCst) => {
                b"550 no such mailbox here\r\n"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.ok()?;
                let mut mail = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                behaviour.mails.lock().unwrap().push(mail);
                if behaviour.break_off_after_data.load(Ordering::SeqCst) {
                    return None;
                }
                b"250 taken\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => b"250 ok\r\n",
        };
        writer.write_all(answer).await.ok()?;
    }
    None
}
