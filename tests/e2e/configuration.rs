//! One bad file for each mistake: `check` says what is wrong, where, and exits with 78.
//!
//! Each file ends with the lines it must earn, behind `#! `.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::run;
use tempfile::TempDir;

const CONFIGURATION_IS_WRONG: i32 = 78;

/// A folder with the files that configurations refer to.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, content: &str, mode: u32| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    };
    let certificates = harness::certificates();
    write("certificate.pem", &certificates.certificate, 0o644);
    write("ca.pem", &certificates.authority, 0o644);
    write("key.pem", &certificates.key, 0o600);
    write("ended.pem", &harness::expired_certificates().certificate, 0o644);
    write("open-key.pem", &certificates.key, 0o644);
    write("token", "0123456789abcdef\n", 0o600);
    write("empty", "\n", 0o600);
    write("bbb-secret", "639259d4-9dd8-4b25-bf01-95f9567eaf4b\n", 0o600);
    write("bbb-web.properties", "securitySalt=639259d4\n", 0o640);
    write("open-token", "0123456789abcdef\n", 0o644);
    folder
}

fn files(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/configurations").join(kind);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn check(program: &str, kind: &str) {
    let folder = folder();
    let files = files(kind);
    assert!(files.len() >= 20, "{} files", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let place = folder.path().join("c.toml");
        std::fs::write(&place, &text).unwrap();
        let output = run(program, ["check", place.to_str().unwrap()]);
        let prefix = format!("{}:", place.display());
        let messages = text.lines().filter_map(|line| line.strip_prefix("#! "));
        let expected: Vec<String> = messages.map(|m| format!("{prefix}{m}\n")).collect();
        assert_eq!(output.stderr, expected.concat(), "{}", file.display());
        assert_eq!(output.code, Some(CONFIGURATION_IS_WRONG), "{}", file.display());
        assert_eq!(output.stdout, "", "{}", file.display());
    }
}

#[test]
fn each_mistake_of_a_collector_has_its_message() {
    check("headroom", "collector");
}

#[test]
fn each_mistake_of_an_agent_has_its_message() {
    check("headroom-agent", "agent");
}

#[test]
fn a_missing_file_is_a_mistake_too() {
    for program in ["headroom", "headroom-agent"] {
        let output = run(program, ["check", "/nonexistent/c.toml"]);
        let expected =
            "/nonexistent/c.toml: failed to read: No such file or directory (os error 2)\n";
        assert_eq!((output.code, output.stderr.as_str()), (Some(CONFIGURATION_IS_WRONG), expected));
    }
}

#[test]
fn the_programs_refuse_what_check_refuses_before_anything_is_bound() {
    let folder = folder();
    let place = folder.path().join("c.toml");
    std::fs::write(&place, "[store]\nraw_retention = '1s'\n").unwrap();
    let output = run("headroom", ["serve", "--config", place.to_str().unwrap()]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(CONFIGURATION_IS_WRONG), ""));
    let output = run("headroom-agent", ["run", "--config", place.to_str().unwrap()]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(CONFIGURATION_IS_WRONG), ""));
}

/// What `check` refuses a collector that starts only warns of: it is better than none.
#[tokio::test(flavor = "multi_thread")]
async fn an_ended_certificate_and_an_open_key_are_mistakes_to_check_and_warnings_to_serve() {
    let folder = folder();
    let place = folder.path().join("c.toml");
    let text = "[http]\nlisten = '127.0.0.1:0'\n[grpc]\nlisten = '127.0.0.1:0'\n\
                tls_certificate = 'ended.pem'\ntls_key = 'open-key.pem'\n[store]\ndirectory = 'data'\n";
    std::fs::write(&place, text).unwrap();
    let output = run("headroom", ["check", place.to_str().unwrap()]);
    let line = |line: u32, said: &str| format!("{}:{line}: {said}\n", place.display());
    let expected = line(
        5,
        "grpc.tls_certificate (ended.pem) ended at 2001-12-31T00:00:00Z, so that agents refuse it; \
         renew it",
    ) + &line(
        6,
        "grpc.tls_key (open-key.pem) can be read by everyone; take that away with chmod o=",
    );
    assert_eq!((output.code, output.stderr), (Some(CONFIGURATION_IS_WRONG), expected));
    let mut command = Command::new(harness::binaries().join("headroom"));
    command.arg("serve").arg("--config").arg(&place);
    let program = harness::Program::start(command, "serve", folder.path());
    harness::eventually("it serves", std::time::Duration::from_secs(30), async || {
        program.stdout().contains("grpc listening").then_some(())
    })
    .await;
    let log = program.stderr();
    for said in ["tls_certificate ended at 2001", "tls_key can be read by everyone"] {
        assert!(log.contains(said), "{said}: {log}");
    }
    program.kill();
}

#[test]
fn the_examples_have_no_mistakes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (program, example) in [("headroom", "collector"), ("headroom-agent", "agent")] {
        let folder = folder();
        let place = folder.path().join("example.toml");
        std::fs::copy(root.join(example).join("example.toml"), &place).unwrap();
        let output = run(program, ["check", place.to_str().unwrap()]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert!(output.stdout.ends_with("example.toml: no mistakes\n"), "{}", output.stdout);
    }
}

/// What is named by mistake is told at once, and nobody waits or runs out of memory for it.
#[test]
fn a_file_without_an_end_is_none() {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    let agent = "[collector]\nurl = 'http://127.0.0.1:9'\ntoken_file = '/dev/zero'\n";
    std::fs::write(place("agent.toml"), agent).unwrap();
    let collector = "[http]\nlisten = '127.0.0.1:0'\n[grpc]\nlisten = '127.0.0.1:0'\n\
        tls_certificate = '/dev/zero'\ntls_key = '/dev/zero'\n[store]\ndirectory = 'data'\n";
    std::fs::write(place("collector.toml"), collector).unwrap();
    for link in ["zero.toml", "zero.yml"] {
        std::os::unix::fs::symlink("/dev/zero", place(link)).unwrap();
    }
    assert!(Command::new("mkfifo").arg(place("pipe.toml")).status().unwrap().success());
    for (program, file, line) in [
        ("headroom-agent", "agent.toml", ":3: collector.token_file (/dev/zero) cannot be read"),
        ("headroom", "collector.toml", ":5: grpc.tls_certificate (/dev/zero) cannot be read"),
        ("headroom", "zero.toml", ": failed to read"),
        ("headroom", "zero.yml", ""),
        ("headroom", "pipe.toml", ": failed to read"),
        ("headroom-agent", "pipe.toml", ": failed to read"),
    ] {
        let path = place(file);
        let output = run(program, ["check", path.to_str().unwrap()]);
        assert_eq!(output.code, Some(CONFIGURATION_IS_WRONG), "{file}: {}", output.stderr);
        let expected = format!("{}{line}: it is no regular file", path.display());
        assert!(output.stderr.contains(&expected), "{file}: {}", output.stderr);
    }
}
