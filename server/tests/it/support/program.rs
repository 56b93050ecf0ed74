//! The built `foyer` program.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub const FOYER: &str = env!("CARGO_BIN_EXE_foyer");

/// A command without the variables of whoever runs the tests.
pub fn foyer(arguments: &[&str]) -> Command {
    let mut command = Command::new(FOYER);
    for (name, _) in std::env::vars() {
        if name.starts_with("FOYER_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

pub fn run(arguments: &[&str]) -> Output {
    foyer(arguments).output().unwrap()
}

/// A running `foyer serve`; killed when it is dropped.
pub struct Running {
    child: Child,
    pub port: u16,
    log: Arc<Mutex<String>>,
}

impl Running {
    /// Starts on a free port and waits until it is ready.
    pub async fn serve(database_url: &str, folder: &Path) -> Self {
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let (public, site) = (format!("http://{address}"), super::site_root(folder));
        let mailbox = folder.join("mailbox");
        let mut child = foyer(&[
            "serve",
            "--listen",
            &address,
            "--public-url",
            &public,
            "--database-url",
            database_url,
        ])
        .args(["--secret-key", super::SECRET, "--database-connections", "6"])
        .arg("--site-root")
        .arg(site)
        .arg("--dev-mailbox")
        .arg(mailbox)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (stderr, written) = (child.stderr.take().unwrap(), log.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut log = written.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let running = Self { child, port, log };
        running.wait_for("/readyz", 200).await;
        running
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub async fn wait_for(&self, path: &str, status: u16) {
        let until = Instant::now() + Duration::from_secs(30);
        while self.get(path).await.is_none_or(|(found, _)| found != status) {
            assert!(Instant::now() < until, "{path} never answered {status}: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Status and the whole answer of a GET; `None` when nobody answers.
    pub async fn get(&self, path: &str) -> Option<(u16, String)> {
        self.request(&format!(
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
        ))
        .await
    }

    /// A form sent by a browser without script.
    pub async fn post(&self, path: &str, cookies: &str, fields: &str) -> Option<(u16, String)> {
        let length = fields.len();
        self.request(&format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nsec-fetch-site: same-origin\r\ncookie: {cookies}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{fields}"
        ))
        .await
    }

    async fn request(&self, text: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        stream.write_all(text.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut bytes))
            .await
            .ok()?
            .ok()?;
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer))
    }

    /// SIGTERM, and the exit code.
    pub async fn end(mut self) -> Option<i32> {
        self.signal("-TERM");
        let until = Instant::now() + Duration::from_secs(25);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "it never ended: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// As after a power cut.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
