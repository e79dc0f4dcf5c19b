//! A program that uses what it is told to use, in a control group and a network of the test's own.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::program::binaries;

/// A running `workload`, ended when dropped.
pub struct Workload {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Workload {
    /// Starts it by a command that runs the program `workload` gives the path of.
    pub fn start(command: impl FnOnce(&str) -> Command, arguments: &[&str]) -> Self {
        let program = binaries().join("workload");
        let mut command = command(program.to_str().expect("a path that is text"));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the workload starts");
        let answers = BufReader::new(child.stdout.take().expect("it was asked for"));
        Self { child, answers }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to do something, and waits until it has.
    pub fn order(&mut self, order: &str) {
        let to = self.child.stdin.as_mut().expect("it was asked for");
        writeln!(to, "{order}").expect("the workload listens");
        self.expect("done");
    }

    /// Waits for a word of it.
    pub fn expect(&mut self, word: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the workload speaks");
        assert_eq!(line.trim_end(), word, "the workload has failed");
    }

    /// Waits for its end by itself, which must be a good one.
    pub fn finish(mut self) {
        drop(self.child.stdin.take());
        let status = self.child.wait().expect("our own child");
        assert!(status.success(), "the workload ended with {status}");
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
