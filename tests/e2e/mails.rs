//! E-mail: what a server gets, to the letter, whatever servers answer; TLS as configured; and a real
//! mail server with a real mailbox.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::mail_server::{MailServer, Manner, Received, Shelter};
use harness::{
    AgentOptions, AgentProgram, Certificates, CollectorOptions, CollectorProgram, Program,
    certificates, eventually, metric,
};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(90);

/// What becomes header lines, tags and lines that end a mail if anybody lets it.
const HOSTILE: &str =
    "<b>{{ $value }}</b> é\\r\\nBcc: evil@example.org\\r\\n\\r\\n.\\r\\n..\\r\\nQUIT";

fn rules(folder: &Path, expression: &str) -> String {
    let file = folder.join("rules.yml");
    let text = format!(
        "groups:\n- name: g\n  interval: 1s\n  rules:\n  - alert: Told\n    expr: {expression}\n    \
         labels: {{severity: page}}\n    annotations:\n      summary: \"{HOSTILE}\"\n      \
         graph: '{{{{ $externalURL }}}}/graphs/m1/cpu/hour.svg'\n"
    );
    std::fs::write(&file, text).unwrap();
    format!(
        "[rules]\nfiles = ['{}']\nexternal_url = 'https://headroom.example/'\n\
         [notify]\nwait = '1s'\ninterval = '1s'\ncalm = '1s'\n",
        file.display()
    )
}

fn receiver(name: &str, url: &str, more: &str) -> String {
    format!(
        "[[receivers]]\nname = '{name}'\nkind = 'email'\nurl = '{url}'\neverything = true\n\
         from = 'Headroom é <headroom@example.org>'\nto = '{name}@example.net'\n{more}"
    )
}

const PLAIN: &str = "allow_plaintext = true\n";

/// A header of a mail, unfolded.
fn header(mail: &Received, name: &str) -> Vec<String> {
    let head = mail.data.split("\r\n\r\n").next().unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let prefix = format!("{name}: ");
    head.split("\r\n")
        .filter_map(|line| line.strip_prefix(&prefix).map(ToOwned::to_owned))
        .collect()
}

fn one_header(mail: &Received, name: &str) -> String {
    let found = header(mail, name);
    assert_eq!(found.len(), 1, "{name}: {found:?}\n{}", mail.data);
    found.into_iter().next().unwrap()
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

fn check_letter(mail: &Received, name: &str) {
    assert_eq!(
        (mail.from.as_str(), mail.to.clone()),
        ("headroom@example.org", format!("{name}@example.net"))
    );
    let allowed = [
        "From",
        "To",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Subject",
        "Auto-Submitted",
        "Importance",
        "X-Priority",
        "MIME-Version",
        "Content-Type",
    ];
    let head = mail.data.split("\r\n\r\n").next().unwrap();
    for line in head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])) {
        let name = line.split(':').next().unwrap();
        assert!(allowed.contains(&name), "{line:?} in\n{head}");
    }
    for name in allowed.iter().filter(|name| !["Importance", "X-Priority"].contains(name)) {
        one_header(mail, name);
    }
    let id = one_header(mail, "Message-ID");
    assert!(id.starts_with('<') && id.ends_with("@example.org>"), "{id}");
    assert_eq!(one_header(mail, "In-Reply-To"), one_header(mail, "References"));
    assert_ne!(id, one_header(mail, "References"));
    assert!(one_header(mail, "Content-Type").starts_with("multipart/alternative; boundary="));
    assert_eq!(count(&mail.data, "Content-Type: text/plain; charset=utf-8\r\n"), 1);
    assert_eq!(count(&mail.data, "Content-Type: text/html; charset=utf-8\r\n"), 1);
}

/// A text that quoted-printable wrote, without its soft ends of lines.
fn unquoted(text: &str) -> String {
    text.replace("=\r\n", "").replace("=3D", "=").replace("=C3=A9", "é")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_comes_to_the_letter_whatever_other_servers_answer() {
    let folder = TempDir::new().unwrap();
    let mut more = rules(folder.path(), "vector(7)");
    let mut servers = Vec::new();
    for (name, manners) in [
        ("hangs", &[Manner::Hangs; 9][..]),
        ("busy", &[Manner::Busy]),
        ("later", &[Manner::Later]),
        ("never", &[Manner::Never; 9]),
        ("drops", &[Manner::Drops]),
        ("good", &[]),
    ] {
        let (server, port) = MailServer::start(manners, Shelter::Nothing, None).await;
        more += &receiver(name, &format!("smtp://127.0.0.1:{port}"), PLAIN);
        servers.push((name, server));
    }
    let server = |name: &str| servers.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let options =
        CollectorOptions { more, instances: vec!["m1".into()], ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let mut agent = AgentProgram::start(&collector, "m1", &AgentOptions::each("1s"));
    for name in ["good", "busy", "later"] {
        let server = server(name);
        let mail = eventually(name, LONG, async || server.mails().first().cloned()).await;
        check_letter(&mail, name);
        assert!(!mail.is_sheltered && mail.login.is_none());
        assert_eq!(one_header(&mail, "X-Priority"), "1");
        let subject = one_header(&mail, "Subject");
        assert!(subject.starts_with("[FIRING:1] <b>7</b>"), "{subject}");
        let text = unquoted(&mail.data);
        assert!(text.contains("&lt;b&gt;7&lt;/b&gt; é"), "{text}");
        assert_eq!(server.mails().len(), 1, "{name}");
    }
    assert_eq!(server("busy").connections(), 2);
    // Nobody knows whether it was taken, so it comes again, under the same name.
    let dropping = server("drops");
    let twice = eventually("it comes again", LONG, async || {
        let mails = dropping.mails();
        (mails.len() == 2).then_some(mails)
    })
    .await;
    assert_eq!(one_header(&twice[0], "Message-ID"), one_header(&twice[1], "Message-ID"));
    let failed = "headroom_deliveries_failed_total{receiver=\"hangs\"}";
    eventually("one that hangs is counted", LONG, async || {
        metric(&collector, failed).await.filter(|count| *count > 0)
    })
    .await;
    assert_eq!((server("never").connections(), server("never").mails().len()), (1, 0));
    let (_, page) = harness::fetch(&collector.http("/alerts")).await.unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("it refuses (550)") && page.contains("nobody here"), "{page}");
    // By now the host has a picture.
    rules(folder.path(), "vector(0) > 1");
    let reload = || reqwest::Client::new().post(collector.http("/-/reload")).send();
    assert_eq!(reload().await.unwrap().status(), 200);
    check_end(&server("good")).await;
    agent.terminate();
    collector.terminate();
}

/// The end of what was told, with the picture that there is by then.
async fn check_end(good: &MailServer) {
    let over = eventually("its end is told", LONG, async || good.mails().get(1).cloned()).await;
    check_letter(&over, "good");
    let first = good.mails()[0].clone();
    assert_eq!(one_header(&over, "References"), one_header(&first, "References"));
    assert_ne!(one_header(&over, "Message-ID"), one_header(&first, "Message-ID"));
    assert!(one_header(&over, "Subject").starts_with("[RESOLVED] over: "), "{}", over.data);
    assert!(header(&over, "X-Priority").is_empty());
    for part in [
        "Content-Type: multipart/related;",
        "Content-Type: image/png\r\n",
        "Content-ID: <graph@headroom>",
        "\r\niVBORw0KGgo",
    ] {
        assert_eq!(count(&over.data, part), 1, "{part} in\n{}", over.data);
    }
    assert!(unquoted(&over.data).contains("<img src=\"cid:graph@headroom\""));
}

fn write_files(folder: &Path, certificates: &Certificates) {
    for (name, text) in [("ca.pem", &*certificates.authority), ("password", "s3cret\n")] {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_of_a_mail_is_in_the_clear_where_tls_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let tls = certificates();
    write_files(folder.path(), &tls);
    let authority = format!("ca_file = '{}'\n", folder.path().join("ca.pem").display());
    let login = format!(
        "user = 'headroom'\npassword_file = '{}'\n",
        folder.path().join("password").display()
    );
    let trusted = authority.clone() + &login;
    let (begun, begun_port) = MailServer::start(&[], Shelter::StartTls, Some(&tls)).await;
    let (whole, whole_port) = MailServer::start(&[], Shelter::Tls, Some(&tls)).await;
    let (stranger, stranger_port) =
        MailServer::start(&[], Shelter::Tls, Some(&certificates())).await;
    let (bare, bare_port) = MailServer::start(&[], Shelter::Nothing, None).await;
    let locked = [Manner::LetsNobodyIn];
    let (locked, locked_port) = MailServer::start(&locked, Shelter::Tls, Some(&tls)).await;
    let more = rules(folder.path(), "vector(7)")
        + &receiver("begun", &format!("smtp://localhost:{begun_port}"), &trusted)
        + &receiver("whole", &format!("smtps://127.0.0.1:{whole_port}"), &trusted)
        + &receiver("stranger", &format!("smtps://localhost:{stranger_port}"), &trusted)
        + &receiver("bare", &format!("smtp://localhost:{bare_port}"), &trusted)
        + &receiver("locked", &format!("smtps://localhost:{locked_port}"), &trusted);
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    // Whose password was wrong gets it once it is right.
    for server in [&begun, &whole, &locked] {
        let mail =
            eventually("the mail comes", LONG, async || server.mails().first().cloned()).await;
        assert!(mail.is_sheltered, "{mail:?}");
        // A name and a password, each behind a zero.
        assert_eq!(mail.login.as_deref(), Some("AGhlYWRyb29tAHMzY3JldA=="));
    }
    for server in [&stranger, &bare] {
        eventually("it is tried", LONG, async || (server.connections() > 0).then_some(())).await;
        assert!(server.mails().is_empty(), "{:?}", server.mails());
    }
    let log = collector.log();
    assert!(!log.contains("s3cret") && !log.contains("AGhlYWRyb29t"), "{log}");
    collector.terminate();
}

/// Debian's OpenSMTPD, with a mailbox in a folder.
fn real_server(folder: &Path, port: u16) -> Program {
    let mailbox = folder.join("box");
    std::fs::create_dir(&mailbox).unwrap();
    for path in [folder, &mailbox] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let mut text = format!("listen on 127.0.0.1 port {port} hostname mail.example.net\n");
    let _ = writeln!(
        text,
        "action box maildir \"{}/Maildir\" virtual {{ \"@\" = mail }}",
        mailbox.display()
    );
    text.push_str("match from any for domain \"example.net\" action box\n");
    let path = folder.join("smtpd.conf");
    std::fs::write(&path, text).unwrap();
    let mut command = Command::new("smtpd");
    command.arg("-d").arg("-f").arg(&path);
    Program::start(command, "smtpd", folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_mail_server_puts_it_into_the_mailbox() {
    let folder = TempDir::new().unwrap();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let server = real_server(folder.path(), port);
    let more = rules(folder.path(), "vector(7)")
        + &receiver("anna", &format!("smtp://127.0.0.1:{port}"), PLAIN);
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let new = folder.path().join("box/Maildir/new");
    let mails = || -> Vec<String> {
        let files = std::fs::read_dir(&new).into_iter().flatten().flatten();
        files.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect()
    };
    let mail = eventually("the mail is in the box", LONG, async || mails().pop()).await;
    let text = unquoted(&mail.replace('\n', "\r\n"));
    assert!(text.contains("Subject: [FIRING:1] <b>7</b>"), "{text}");
    assert!(text.contains("\r\nTo: anna@example.net\r\n"), "{text}");
    let head = text.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains("\r\nBcc:"), "{text}");
    eventually("its receipt is noted", LONG, async || {
        metric(&collector, "headroom_deliveries_taken_total{receiver=\"anna\"}").await
    })
    .await;
    rules(folder.path(), "vector(0) > 1");
    let reload = reqwest::Client::new().post(collector.http("/-/reload")).send();
    assert_eq!(reload.await.unwrap().status(), 200);
    eventually("its end is in the box", LONG, async || {
        mails().iter().any(|mail| mail.contains("Subject: [RESOLVED]")).then_some(())
    })
    .await;
    collector.terminate();
    server.terminate();
}
