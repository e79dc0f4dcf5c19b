//! Headroom's receivers against a real server: rooms of matrix-synapse. What is in a room of what was sent,
//! what is refused before anything is sent, and whether a server that asks for patience is left alone.

mod between;
mod course;
mod homeserver;
mod refusals;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::ensure;
use serde_json::json;
use tempfile::TempDir;

use self::homeserver::{Account, HomeServer};
use crate::table;

/// What was tried, and what came of it.
pub struct Row {
    what: &'static str,
    found: String,
    is_fine: bool,
}

/// The server, who is on it, and its rooms.
pub struct Ground {
    folder: TempDir,
    server: HomeServer,
    /// Whose token Headroom has.
    writer: Account,
    /// Whoever reads.
    reader: Account,
    /// As the server makes rooms today.
    plain: String,
    /// As servers made them until 2025, with the server's name in its id.
    old: String,
    /// An encrypted one.
    locked: String,
    /// One that the writer is not in.
    foreign: String,
}

impl Ground {
    async fn prepare() -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let path = folder.path().to_owned();
        let start = move || HomeServer::start(&path);
        let mut server = tokio::task::spawn_blocking(start).await??;
        let reader = server.register("anna").await?;
        let writer = server.register("headroom").await?;
        // Who makes rooms says much.
        for who in [&reader, &writer] {
            server.let_off(who).await?;
        }
        // Who may call all of a room is told of it by nobody's label all the same.
        let may = json!({"users": {&writer.id: 50}});
        let key = json!({"algorithm": "m.megolm.v1.aes-sha2"});
        let locked = json!([{"type": "m.room.encryption", "state_key": "", "content": key}]);
        let mut rooms = Vec::new();
        for how in [
            json!({"invite": [&writer.id], "power_level_content_override": may}),
            json!({"invite": [&writer.id], "room_version": "10"}),
            json!({"invite": [&writer.id], "initial_state": locked}),
        ] {
            let room = server.room(&reader, how).await?;
            server.join(&writer, &room).await?;
            rooms.push(room);
        }
        let foreign = server.room(&reader, json!({})).await?;
        let [plain, old, locked] = <[String; 3]>::try_from(rooms).unwrap_or_default();
        Ok(Self { folder, server, writer, reader, plain, old, locked, foreign })
    }

    /// The section of a receiver by the name of `ops`.
    fn section(&self, of: &Receiver<'_>) -> anyhow::Result<String> {
        let token = self.secret(of.token)?;
        let (url, room) = (of.url, of.room);
        Ok(format!(
            "[[receivers]]\nname = 'ops'\nkind = 'matrix'\nurl = '{url}'\nroom = '{room}'\n\
             token_file = '{}'\neverything = true\nbudget = 1000\n",
            token.display()
        ))
    }

    /// A file that nobody else may read.
    fn secret(&self, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.path().join(format!("token-{}", text.len()));
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(path)
    }
}

/// A room as Headroom is told of it.
pub struct Receiver<'r> {
    url: &'r str,
    room: &'r str,
    token: &'r str,
}

pub fn compare() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("matrix-synapse is installed from the Python registry and started");
    let ground = runtime.block_on(Ground::prepare())?;
    let mut rows = refusals::rows(&ground)?;
    rows.extend(runtime.block_on(refusals::tests(&ground))?);
    rows.extend(runtime.block_on(course::rows(&ground))?);
    ground.server.stop();
    let bad = rows.iter().filter(|row| !row.is_fine).count();
    let cells = |row: &Row| {
        let verdict = if row.is_fine { "as it should be" } else { "NOT AS IT SHOULD BE" };
        vec![row.what.to_owned(), row.found.clone(), verdict.to_owned()]
    };
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    table::print(&["a room of matrix-synapse", "found", ""], &cells);
    println!("{} tries, {bad} not as they should be", rows.len());
    ensure!(bad == 0, "{bad} of {} tries went otherwise than they should", rows.len());
    Ok(())
}
