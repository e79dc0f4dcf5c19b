//! What `headroom check` and `headroom notify test` say of rooms before anything is sent.

use harness::{Output, run};

use super::{Ground, Receiver, Row};

/// The exit code of a configuration that is wrong.
const WRONG: i32 = 78;

/// A room, and what is to be said of it.
struct Case<'c> {
    what: &'static str,
    of: Receiver<'c>,
    code: i32,
    /// A part of it; nothing at all if this is empty.
    says: &'static str,
}

/// What `check` says of each room.
pub fn rows(ground: &Ground) -> anyhow::Result<Vec<Row>> {
    let (url, token) = (ground.server.url(), ground.writer.token.as_str());
    let elsewhere = format!("{url}/nowhere");
    let plain = || Receiver { url, room: &ground.plain, token };
    let case = |what, of, code, says| Case { what, of, code, says };
    let in_room = |room| Receiver { room, ..plain() };
    let cases = [
        case("check: a room of version 12", plain(), 0, ""),
        case("check: a room of version 10", in_room(&ground.old), 0, ""),
        case("check: an encrypted room", in_room(&ground.locked), WRONG, "is encrypted"),
        case("check: a room of others", in_room(&ground.foreign), WRONG, "join it first"),
        case(
            "check: a wrong token",
            Receiver { token: "wrong", ..plain() },
            WRONG,
            "does not know the token",
        ),
        case("check: a wrong address", Receiver { url: &elsewhere, ..plain() }, 0, "is url right?"),
    ];
    let row = |Case { what, of, code, says }: Case<'_>| {
        let said = headroom(ground, &["check"], &of)?;
        let fits = match says {
            "" => said.stderr.is_empty(),
            says => said.stderr.contains(says),
        };
        let is_fine = said.code == Some(code) && fits;
        Ok(Row { what, found: told(&said), is_fine })
    };
    cases.into_iter().map(row).collect()
}

/// What `notify test` says, and what is in the room then.
pub async fn tests(ground: &Ground) -> anyhow::Result<Vec<Row>> {
    let (url, token) = (ground.server.url(), ground.writer.token.as_str());
    let mut rows = Vec::new();
    let test = ["notify", "test", "ops", "--config"];
    for (what, room) in [("test: version 12", &ground.plain), ("test: version 10", &ground.old)] {
        let said = headroom(ground, &test, &Receiver { url, room, token })?;
        let found = ground.server.messages(&ground.reader, room).await?;
        let has = |key: &str| {
            let text = found.first().and_then(|event| event["content"][key].as_str());
            text.is_some_and(|text| text.contains("a test: ops is reached by Headroom"))
        };
        let is_there = found.len() == 1 && has("body") && has("formatted_body");
        let text = format!("{}; {} events", told(&said), found.len());
        rows.push(Row { what, found: text, is_fine: said.code == Some(0) && is_there });
    }
    for (what, room, token, says) in [
        ("test: an encrypted room", &ground.locked, token, "is encrypted"),
        ("test: a wrong token", &ground.old, "wrong", "does not know the token"),
    ] {
        let before = ground.server.messages(&ground.reader, room).await?.len();
        let said = headroom(ground, &test, &Receiver { url, room, token })?;
        let after = ground.server.messages(&ground.reader, room).await?.len();
        let is_fine = said.code == Some(1) && said.stderr.contains(says) && before == after;
        rows.push(Row { what, found: told(&said), is_fine });
    }
    Ok(rows)
}

/// Runs `headroom` with a configuration that has one receiver.
fn headroom(ground: &Ground, words: &[&str], of: &Receiver<'_>) -> anyhow::Result<Output> {
    let path = ground.folder.path().join("tried.toml");
    let text = format!("[store]\ndirectory = 'data'\n{}", ground.section(of)?);
    std::fs::write(&path, text)?;
    let path = path.display().to_string();
    let words = words.iter().map(|word| (*word).to_owned()).chain([path]);
    Ok(run("headroom", words))
}

/// The last line of what was said, without what nobody reads: moments, folders and the names of rooms.
fn told(said: &Output) -> String {
    let all = format!("{}\n{}", said.stdout, said.stderr);
    let line = all.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let line = line.split_once(" WARN ").map_or(line, |(_, line)| line);
    let word = |word: &str| match word.chars().next() {
        Some('!') => "!…".to_owned(),
        Some('/') => word.rsplit('/').next().unwrap_or_default().to_owned(),
        Some(_) | None => word.to_owned(),
    };
    line.split(' ').map(word).collect::<Vec<String>>().join(" ")
}
