//! Who may write by remote write: whoever shows a token, what its token names, and never what an
//! agent says.

mod forms;
mod hosts;
mod partial;
mod room;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::remote_write::{
    Destination, WriteRequest, WrittenLabel, WrittenSample, WrittenSeries, remote_write,
};
use harness::{CollectorOptions, CollectorProgram, Program, binaries, counted, eventually, metric};
use headroom::identity::TokenHash;
use headroom::samples::{Budget, Hints, Matcher, Samples, Selection};
use headroom_proto::metric::JOB;
use prost::Message;
use reqwest::StatusCode;
use tempfile::TempDir;

/// A request with one sample of now for each instance and job.
fn request(of: &[(&str, &str)]) -> WriteRequest {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let label = |name: &str, value: &str| WrittenLabel { name: name.into(), value: value.into() };
    let one = |(instance, job): &(&str, &str)| WrittenSeries {
        labels: vec![label("__name__", "m"), label("instance", instance), label("job", job)],
        samples: vec![WrittenSample { value: 1.0, timestamp_ms: now }],
    };
    WriteRequest { series: of.iter().map(one).collect() }
}

/// A collector with one agent, and a writer of `db*` beside the one that may write everything.
async fn collector() -> CollectorProgram {
    let more = format!(
        "[[writers]]\nname = 'db'\ntoken_sha256 = '{}'\ninstance_prefix = 'db'\njobs = ['mysql']\n",
        TokenHash::of("of-databases")
    );
    let instances = vec!["ca1".into()];
    CollectorProgram::start(CollectorOptions { instances, more, ..CollectorOptions::default() })
        .await
}

async fn refused(collector: &CollectorProgram, reason: &str) -> Option<u64> {
    let name = "headroom_ingest_samples_refused_total";
    metric(collector, &format!("{name}{{reason=\"{reason}\"}}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_writes_what_its_token_names_and_nobody_what_an_agent_says() {
    let mut collector = collector().await;
    let client = reqwest::Client::new();
    let everything = collector.remote_write();
    let databases = Destination { token: "of-databases".into(), ..everything.clone() };
    for (to, of, status) in [
        (&everything, &[("web1", "nginx"), ("ca1", "nginx"), ("ca2", "node")][..], 204),
        (&everything, &[("ca1", "node"), ("web2", "nginx")], 400),
        (&everything, &[("ca1", "bbb")], 400),
        (&everything, &[("ca1", "probe")], 400),
        (&everything, &[("ca1", "headroom")], 400),
        (&databases, &[("db1", "mysql")], 204),
        // What another writer may write is not this one's, also when it is known already.
        (&databases, &[("web1", "nginx")], 400),
        (&databases, &[("db1", "node")], 400),
    ] {
        let answer = remote_write(&client, to, &request(of)).await;
        assert_eq!(answer, Some(status), "{of:?}");
    }
    assert_eq!(refused(&collector, "writer").await, Some(6));
    eventually("the log names who was refused", Duration::from_secs(10), async || {
        let log = collector.log();
        let named = log.contains("writer=\"db\"") && log.contains("writer=\"tests\"");
        named.then_some(())
    })
    .await;
    collector.kill();
    let store = collector.open_store();
    let from_outside = [Matcher::not_equal(JOB, "headroom")];
    let what = Selection::ever(&from_outside);
    let found = store.select(what, Hints::default(), &Budget::unlimited()).unwrap();
    let mut stored: Vec<String> = found
        .iter()
        .map(|series| {
            format!(
                "{}/{}",
                series.labels.get("instance").unwrap(),
                series.labels.get("job").unwrap()
            )
        })
        .collect();
    stored.sort_unstable();
    assert_eq!(stored, ["ca1/nginx", "ca2/node", "db1/mysql", "web1/nginx", "web2/nginx"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_known_token_nothing_is_written_and_the_log_says_who_tried() {
    let mut collector = collector().await;
    let client = reqwest::Client::new();
    let url = collector.remote_write().url;
    let body = snap::raw::Encoder::new().compress_vec(&request(&[("web1", "x")]).encode_to_vec());
    let body = body.unwrap();
    let agents = collector.token("ca1").secret;
    let post = || client.post(&url).body(body.clone());
    for (request, said) in [
        (post(), "needs a token"),
        (post().bearer_auth("guess"), "none that this collector knows"),
        (post().bearer_auth(&agents), "none that this collector knows"),
        (post().basic_auth("prometheus-1", Some("guess")), "none that this collector knows"),
        (post().header("authorization", "Digest x"), "needs a token"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        let text = answer.text().await.unwrap();
        assert!(text.contains(said), "{text}");
    }
    let name = "headroom_http_refused_total{reason=\"token\"}";
    counted(&collector, name, 5).await;
    let log = collector.log();
    assert!(log.contains("writer=\"prometheus-1\" peer=\"127.0.0.1\""), "{log}");
    assert!(!log.contains("guess") && !log.contains(&agents), "{log}");
    let token = collector.remote_write().token;
    let answer = post().basic_auth("anybody", Some(token)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    collector.terminate();
}

/// Many wrong tokens make few lines.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_make_one_line_and_wait_longer_each_time() {
    let mut collector = collector().await;
    let client = reqwest::Client::new();
    let to = Destination { token: "guess".into(), ..collector.remote_write() };
    let start = std::time::Instant::now();
    for _ in 0..5 {
        assert_eq!(remote_write(&client, &to, &request(&[])).await, Some(401));
    }
    // 50, 100, 200, 400 and 800 ms.
    assert!(start.elapsed() >= Duration::from_millis(1550), "{:?}", start.elapsed());
    assert_eq!(collector.log().matches("refused a remote write").count(), 1);
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explicit_setting_leaves_the_door_open_but_not_to_what_agents_say() {
    let mut collector = CollectorProgram::start(CollectorOptions {
        instances: vec!["ca1".into()],
        http: "allow_writes_without_token = true\n".into(),
        ..CollectorOptions::default()
    })
    .await;
    let client = reqwest::Client::new();
    let post = |of: &[(&str, &str)]| {
        let body = request(of).encode_to_vec();
        let body = snap::raw::Encoder::new().compress_vec(&body).unwrap();
        client.post(collector.http("/api/v1/write")).body(body)
    };
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(status(post(&[("ca2", "node")])).await, StatusCode::NO_CONTENT);
    assert_eq!(status(post(&[("ca1", "node")])).await, StatusCode::BAD_REQUEST);
    let of_a_page = post(&[("ca2", "node")]).header("origin", "http://evil.example");
    assert_eq!(status(of_a_page).await, StatusCode::FORBIDDEN);
    assert!(collector.log().contains("remote write needs no token"), "{}", collector.log());
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn up_makes_a_token_that_stays() {
    let folder = TempDir::new().unwrap();
    let mut tokens = Vec::new();
    for again in [false, true] {
        let mut command = std::process::Command::new(binaries().join("headroom"));
        command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data"]);
        command.arg(folder.path().join("data"));
        let program = Program::start(command, "up", folder.path());
        let (http, path) = eventually("up announces", Duration::from_secs(60), async || {
            let text = program.stdout();
            let find =
                |start| text.lines().find_map(|line| Some(line.strip_prefix(start)?.to_owned()));
            Some((find("http listening on ")?, find("token for remote write in ")?))
        })
        .await;
        let token = std::fs::read_to_string(path).unwrap().trim().to_owned();
        let to = Destination { url: format!("http://{http}/api/v1/write"), token: token.clone() };
        let client = reqwest::Client::new();
        assert_eq!(remote_write(&client, &to, &request(&[("web1", "x")])).await, Some(204));
        let wrong = Destination { token: "x".into(), ..to };
        assert_eq!(remote_write(&client, &wrong, &request(&[("web1", "x")])).await, Some(401));
        tokens.push(token);
        // What is made is its owner's alone; what was there is named if it is not.
        for part in ["data", "data/store", "data/spool"] {
            let place = folder.path().join(part);
            let mode = std::fs::metadata(&place).unwrap().permissions().mode() & 0o777;
            let named = program.stderr().contains(&format!("{} (mode 755)", place.display()));
            assert_eq!((mode, named), if again { (0o755, true) } else { (0o700, false) }, "{part}");
            std::fs::set_permissions(place, Permissions::from_mode(0o755)).unwrap();
        }
        program.terminate();
    }
    assert_eq!(tokens[0], tokens[1]);
}
