//! Tables of round trips as others publish them: read, or refused with their line.

use headroom::reference::{PublishedFile, PublishedFiles};

/// What stands between the two files of an input.
const BETWEEN: &[u8] = b"\n---\n";

/// A list of servers, and behind a line of three dashes the pings between them.
pub fn published(bytes: &[u8]) {
    let middle = bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN);
    let (servers, pings) = middle
        .map_or((bytes, &[][..]), |middle| (&bytes[..middle], &bytes[middle + BETWEEN.len()..]));
    let file = |name: &str, bytes| PublishedFile { name: name.to_owned(), bytes };
    let files = PublishedFiles {
        servers: file("servers.csv", servers),
        pings: vec![file("pings.csv", pings)],
    };
    match files.read() {
        Ok(imported) => assert!(imported.rows > 0, "a table of nothing"),
        Err(error) => assert!(!error.to_string().is_empty(), "refused without a word"),
    }
}

/// Both published forms.
pub fn seeds() -> Vec<Vec<u8>> {
    let servers = "id,name,title,country,continent,latitude,longitude\n\
        1,Berlin,Berlin,Germany,Europe,52.52,13.405\n2,\"São Paulo\",São Paulo,Brazil,South America,-23.5,-46.6\n";
    let hourly = "source,destination,timestamp,min,avg,max,mdev\n1,2,2020-07-20 00:00:00,190.1,191.2,200.3,1.5\n\
        2,1,2020-07-20 01:00:00,190,191,200,nan\n1,9,2020-07-20 00:00:00,1,2,3,4\n";
    let daily = "source,destination,min,avg,max,mdev\nBerlin,São Paulo,190.1,191.2,200.3,1.5\n";
    [hourly, daily].map(|pings| format!("{servers}---\n{pings}").into_bytes()).into()
}
