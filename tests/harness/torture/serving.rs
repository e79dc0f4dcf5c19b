//! A collector over a copy of a data directory, which may refuse to start.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::program::{Program, binaries};
use crate::wait::eventually;

/// What became of a start.
pub enum Start {
    /// It serves at this address, such as `http://127.0.0.1:8440`.
    Serving(Box<Program>, String),
    /// It ended: exit code, if no signal did it, and standard error.
    Ended(Option<i32>, String),
}

/// A folder with a copy of a data directory in `data`.
pub fn copy(data: &Path) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for file in files(data) {
        let place = folder.path().join("data").join(file.strip_prefix(data).expect("below data"));
        std::fs::create_dir_all(place.parent().expect("in a folder")).expect("writable");
        std::fs::copy(&file, place).expect("readable and writable");
    }
    for empty in folders(data) {
        let place = folder.path().join("data").join(empty.strip_prefix(data).expect("below data"));
        std::fs::create_dir_all(place).expect("writable");
    }
    folder
}

/// All files below a folder, in order of their names.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    walk(folder).0
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    walk(folder).1
}

fn walk(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut files, mut folders, mut open) = (Vec::new(), Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        // What a running collector drops in between is not there.
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path.clone());
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    (files, folders)
}

/// Starts a collector over `data` in a folder, with that text in `[store]`.
pub async fn start(folder: &Path, store: &str) -> Start {
    let place = folder.join("collector.toml");
    let text = format!(
        "[http]\nlisten = '127.0.0.1:0'\n[grpc]\nlisten = '127.0.0.1:0'\n\
         [store]\ndirectory = 'data'\n{store}"
    );
    std::fs::write(&place, text).expect("writable");
    let mut command = Command::new(binaries().join("headroom"));
    command.arg("serve").arg("--config").arg(place);
    let mut program = Program::start(command, "collector", folder);
    let outcome = eventually("the collector serves or ends", Duration::from_secs(60), async || {
        if let Some(status) = program.ended() {
            return Some(Err(status.code()));
        }
        let text = program.stdout();
        text.contains("grpc listening on ").then_some(())?;
        Some(Ok(format!("http://{}", text.lines().next()?.strip_prefix("http listening on ")?)))
    })
    .await;
    match outcome {
        Ok(address) => Start::Serving(Box::new(program), address),
        Err(code) => Start::Ended(code, program.stderr()),
    }
}
