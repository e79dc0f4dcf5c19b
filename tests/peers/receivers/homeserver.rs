//! A Matrix server of one's own: matrix-synapse of the Python registry, on loopback, with SQLite.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::command;
use crate::peer::{Kind, Peer, free_port};

const PACKAGE: &str = "matrix-synapse==1.163.2";

/// What its accounts and rooms of old end with.
const NAME: &str = "headroom.test";

const KIND: Kind = Kind { name: "synapse", ready: "/_matrix/client/versions", samples: "" };

/// How much an account may say that is not let off, each second and at once.
const LIMIT: &str = "{per_second: 0.5, burst_count: 2}";

/// The server.
pub struct HomeServer {
    peer: Peer,
    programs: PathBuf,
    configuration: PathBuf,
    client: reqwest::Client,
    /// Somebody who may do everything.
    boss: Option<Account>,
}

/// Somebody who has an account.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name with which it is addressed.
    pub id: String,
    /// What it shows.
    pub token: String,
}

/// What somebody has not read of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// How often they were told that there is something.
    pub told: u64,
    /// How often they were called by name, or all were.
    pub called: u64,
}

impl HomeServer {
    /// Installs it below a folder and starts it.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("matrix");
        std::fs::create_dir_all(&folder)?;
        let programs = command::python(&folder, &[PACKAGE])?;
        let (port, configuration) = (free_port()?, folder.join("homeserver.yaml"));
        let place = folder.display();
        let text = format!(
            "server_name: {NAME}\npid_file: {place}/pid\nlisteners:\n- port: {port}\n  \
             bind_addresses: ['127.0.0.1']\n  type: http\n  tls: false\n  \
             resources: [{{names: [client, media], compress: false}}]\n\
             database: {{name: sqlite3, args: {{database: '{place}/database'}}}}\n\
             media_store_path: {place}/media\nsigning_key_path: {place}/key\n\
             registration_shared_secret: secret\nreport_stats: false\ntrusted_key_servers: []\n\
             suppress_key_server_warning: true\nrc_message: {LIMIT}\n\
             rc_login: {{address: {{per_second: 9, burst_count: 99}}}}\n"
        );
        std::fs::write(&configuration, text)?;
        let module = ["-m", "synapse.app.homeserver", "-c"];
        let python = || {
            let mut command = Command::new(programs.join("python"));
            command.args(module).arg(&configuration).current_dir(&folder);
            command
        };
        command::output(python().arg("--generate-keys"), &folder)?;
        let peer = Peer::start(KIND, python(), port, &folder.join("database"))?;
        let client = reqwest::Client::new();
        Ok(Self { peer, programs, configuration, client, boss: None })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.peer.url
    }

    /// Ends it.
    pub fn stop(self) {
        self.peer.stop();
    }

    /// An account of that name; the first may do everything.
    pub async fn register(&mut self, name: &str) -> anyhow::Result<Account> {
        let mut register = Command::new(self.programs.join("register_new_matrix_user"));
        let may = if self.boss.is_none() { "--admin" } else { "--no-admin" };
        register.args(["-u", name, "-p", "password", may, "-c"]).arg(&self.configuration);
        let folder = self.configuration.parent().context("a configuration lies in a folder")?;
        command::output(register.arg(self.url()), folder)?;
        let login = json!({"type": "m.login.password", "password": "password",
            "identifier": {"type": "m.id.user", "user": name}});
        let told = self.send(None, self.to(Method::POST, "client/v3/login"), Some(login)).await?;
        let account = Account { id: text(&told["user_id"])?, token: text(&told["access_token"])? };
        self.boss.get_or_insert_with(|| account.clone());
        Ok(account)
    }

    /// A room of somebody's, and its id.
    pub async fn room(&self, of: &Account, how: Value) -> anyhow::Result<String> {
        let made = self.send(Some(of), self.to(Method::POST, "client/v3/createRoom"), Some(how));
        text(&made.await?["room_id"])
    }

    /// Somebody comes in.
    pub async fn join(&self, who: &Account, room: &str) -> anyhow::Result<()> {
        let path = format!("client/v3/join/{}", coded(room));
        self.send(Some(who), self.to(Method::POST, &path), Some(json!({}))).await?;
        Ok(())
    }

    /// All messages of a room, as somebody sees them, the oldest first.
    pub async fn messages(&self, who: &Account, room: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!("client/v3/rooms/{}/messages?dir=f&limit=500", coded(room));
        let told = self.send(Some(who), self.to(Method::GET, &path), None).await?;
        let events = told["chunk"].as_array().context("a room has events")?.iter();
        Ok(events.filter(|event| event["type"] == "m.room.message").cloned().collect())
    }

    /// What somebody has not read of a room.
    pub async fn unread(&self, who: &Account, room: &str) -> anyhow::Result<Unread> {
        let told =
            self.send(Some(who), self.to(Method::GET, "client/v3/sync?timeout=0"), None).await?;
        let counts = &told["rooms"]["join"][room]["unread_notifications"];
        let count =
            |name: &str| counts[name].as_u64().with_context(|| format!("no {name}: {told}"));
        Ok(Unread { told: count("notification_count")?, called: count("highlight_count")? })
    }

    /// A file that somebody looks at, by its address.
    pub async fn file(&self, who: &Account, address: &str) -> anyhow::Result<Vec<u8>> {
        let place = address.strip_prefix("mxc://").context("an address of a file")?;
        let url = format!("{}/_matrix/client/v1/media/download/{place}", self.url());
        let answer = self.client.get(url).bearer_auth(&who.token).send().await?;
        ensure!(answer.status() == 200, "{address}: {}", answer.status());
        Ok(answer.bytes().await?.to_vec())
    }

    /// Somebody may say as much as they like.
    pub async fn let_off(&self, who: &Account) -> anyhow::Result<()> {
        let none = json!({"messages_per_second": 0, "burst_count": 0});
        self.ask_of_limit(who, Method::POST, Some(none)).await
    }

    /// Somebody may say no more than anybody.
    pub async fn limit(&self, who: &Account) -> anyhow::Result<()> {
        self.ask_of_limit(who, Method::DELETE, None).await
    }

    async fn ask_of_limit(
        &self,
        who: &Account,
        method: Method,
        body: Option<Value>,
    ) -> anyhow::Result<()> {
        let url =
            format!("{}/_synapse/admin/v1/users/{}/override_ratelimit", self.url(), coded(&who.id));
        self.send(self.boss.as_ref(), self.client.request(method, url), body).await?;
        Ok(())
    }

    fn to(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}/_matrix/{path}", self.url()))
    }

    async fn send(
        &self,
        who: Option<&Account>,
        request: reqwest::RequestBuilder,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let request = match who {
            Some(who) => request.bearer_auth(&who.token),
            None => request,
        };
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        let answer = request.send().await?;
        let (status, url) = (answer.status(), answer.url().clone());
        let said = answer.text().await?;
        ensure!(status == 200, "{url}: {status}: {said}");
        Ok(serde_json::from_str(&said)?)
    }
}

fn text(value: &Value) -> anyhow::Result<String> {
    Ok(value.as_str().context("a text")?.to_owned())
}

/// A part of a path.
fn coded(text: &str) -> String {
    let letter = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(letter).collect()
}
