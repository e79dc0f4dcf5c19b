//! Tables from files as they are published, on the disk and back.

use std::fmt::Write as _;
use std::time::Instant;

use super::*;

const SERVERS: &str = "\"id\",\"name\",\"title\",\"location\",\"state\",\"country\",\"state_abbv\",\"continent\",\"latitude\",\"longitude\"\n\
    \"1\",\"montreal\",\"Montréal\",\"Montréal\",\"Quebec\",\"Canada\",\"QC\",\"3\",\"45.50\",\"-73.57\"\n\
    \"2\",\"lagos\",\"Lagos\",\"Lagos\",\"\",\"Nigeria\",\"\",\"2\",\"6.45\",\"3.39\"\n\
    \"3\",\"paris\",\"Paris\",\"Paris\",\"\",\"France\",\"\",\"1\",\"48.85\",\"2.35\"\n";

const HEAD: &str = "\"source\",\"destination\",\"timestamp\",\"min\",\"avg\",\"max\",\"mdev\"\n";

fn import(servers: &str, pings: &[&str]) -> Result<Imported, PublishedError> {
    let file = |name: &str, text: &str| PublishedFile {
        name: name.into(),
        bytes: io::Cursor::new(text.as_bytes().to_owned()),
    };
    let pings = pings.iter().map(|text| file("pings.csv", text)).collect();
    PublishedFiles { servers: file("servers.csv", servers), pings }.read()
}

#[test]
fn both_forms_are_read_and_each_oddity_is_counted() {
    let hourly = format!(
        "{HEAD}\"2\",\"1\",\"2020-07-19 00:00:00\",\"100\",\"110\",\"150\",\"4\"\n\
         \"2\",\"1\",\"2020-07-19 01:00:00\",\"90\",\"130\",\"300\",\"6\"\n\
         \"2\",\"1\",\"2020-07-19 01:00:00\",\"1\",\"1\",\"1\",\"1\"\n\
         \"3\",\"1\",\"2020-07-19 00:00:00\",\"80\",\"85\",\"90\",\"1\"\n\
         \"3\",\"99\",\"2020-07-19 00:00:00\",\"80\",\"85\",\"90\",\"1\"\n\
         \"3\",\"2\",\"2020-07-19 00:00:00\",\"\",\"\",\"\",\"\"\n\
         \"3\",\"2\",\"2020-07-19 00:00:00\",\"9\",\"8\",\"7\",\"1\"\n\
         \"3\",\"3\",\"2020-07-19 00:00:00\",\"0.1\",\"0.1\",\"0.1\",\"0\"\n"
    );
    let read = import(SERVERS, &[&hourly]).unwrap();
    assert_eq!((read.rows, read.duplicates, read.unknown, read.senseless), (8, 1, 1, 2));
    assert_eq!(read.first_unknown.as_deref(), Some("99"));
    let table = &read.table;
    assert_eq!((&*table.since, &*table.until), ("2020-07-19 00:00:00", "2020-07-19 01:00:00"));
    let pair = table.pairs.iter().find(|pair| pair.from == 1).unwrap();
    assert_eq!((pair.least_ms, pair.mean_ms, pair.most_ms), (90.0, 120.0, 300.0));
    assert_eq!((pair.deviation_ms, pair.count, pair.to), (5.0, 2, 0));
    assert_eq!(table.pairs.len(), 2, "nobody pings itself");

    // Of a day, without moments, by names.
    let daily = "source,destination,min,avg,max,mdev\nLagos,montreal,100,110,150,4\nLagos,montreal,1,2,3,1\n";
    let read = import(SERVERS, &[daily]).unwrap();
    assert_eq!((read.rows, read.duplicates, read.table.pairs.len()), (2, 1, 1));
    assert_eq!((&*read.table.since, read.table.pairs[0].mean_ms), ("", 110.0));
}

#[test]
fn cities_of_one_name_are_as_many_as_there_are() {
    let servers = "id,name,title,state,country,latitude,longitude\n\
        1,london,London,England,United Kingdom,51.5,-0.13\n\
        2,london2,London,England,United Kingdom,51.6,-0.1\n\
        3,londonca,London,Ontario,Canada,42.98,-81.25\n\
        4,portland,Portland,Oregon,United States,45.52,-122.68\n\
        5,portland,Portland,Maine,United States,43.66,-70.26\n\
        6,suva,Taveuni,,Fiji,-16.8,179.99\n\
        7,suva2,Taveuni,,Fiji,-16.8,-179.99\n";
    let pings = "source,destination,min,avg,max,mdev\n\
        1,3,80,85,90,1\n2,3,90,95,99,1\n3,4,60,65,70,1\n5,4,70,75,80,1\nportland,1,1,2,3,0\n6,7,1,2,3,0\nsuva2,1,300,310,320,1\n";
    let read = import(servers, &[pings]).unwrap();
    let names: Vec<_> = read.table.cities.iter().map(|city| &*city.name).collect();
    assert_eq!(
        names,
        [
            "London (United Kingdom)",
            "London (Canada)",
            "Portland (Oregon)",
            "Portland (Maine)",
            "Taveuni"
        ]
    );
    // Which Portland is not told, and one city is no distance.
    assert_eq!((read.unknown, read.first_unknown.as_deref()), (1, Some("portland")));
    let pairs: Vec<_> =
        read.table.pairs.iter().map(|pair| (pair.from, pair.to, pair.mean_ms)).collect();
    assert_eq!(pairs, [(0, 1, 90.0), (1, 2, 65.0), (3, 2, 75.0), (4, 0, 310.0)]);
    let at = |place: usize| read.table.cities[place].latitude;
    assert_eq!((at(0), at(1)), (51.5, 42.98));
    // Where nothing else differs, the place does.
    let bare = "id,name,latitude,longitude\n1,x,10,20\n2,x,30,40\n";
    let read = import(bare, &["source,destination,min,avg,max,mdev\n1,2,1,2,3,0\n"]).unwrap();
    assert_eq!(read.table.cities[1].name, "x (30 40)");
}

#[test]
fn files_of_days_without_moments_add_up_and_zero_is_no_round_trip() {
    let day = |mean: u32| {
        format!("source,destination,min,avg,max,mdev\n2,1,90,{mean},200,1\n2,1,1,1,1,1\n")
    };
    let read = import(SERVERS, &[&day(100), &day(140)]).unwrap();
    let pair = read.table.pairs[0];
    assert_eq!((pair.mean_ms, pair.count, read.duplicates), (120.0, 2, 2));
    let silent = "source,destination,min,avg,max,mdev\n2,1,0,0,0,0\n3,1,80,85,90,1\n";
    let read = import(SERVERS, &[silent]).unwrap();
    assert_eq!((read.senseless, read.table.pairs.len()), (1, 1));
}

#[test]
fn what_cannot_be_read_is_told_by_file_line_and_column() {
    let good = format!("{HEAD}2,1,x,1,2,3,1\n");
    let nowhere = SERVERS.replace("6.45", "north");
    for (servers, pings, expected) in [
        (
            "id,name,latitude\n",
            &*good,
            "servers.csv has no column longitude; it has id, name, latitude",
        ),
        (
            SERVERS,
            "source,min,avg,max,mdev\n",
            "pings.csv has no column destination; it has source, min, avg, max, mdev",
        ),
        (&nowhere, &good, "servers.csv:3: latitude (north) must be a number of degrees"),
        (
            SERVERS,
            &format!("{HEAD}7,8,x,1,2,3,1\n"),
            "none of the 1 rows is of two known cities; do the files belong together?",
        ),
        (SERVERS, HEAD, "none of the 0 rows is of two known cities; do the files belong together?"),
    ] {
        let said = import(servers, &[pings]).unwrap_err().to_string();
        assert_eq!(said, expected);
    }
}

#[test]
fn a_table_is_replaced_as_a_whole_and_read_again_when_it_has_changed() {
    let folder = tempfile::TempDir::new().unwrap();
    let reference = Reference::of(folder.path(), WONDERNETWORK);
    assert_eq!(reference.table().unwrap(), None);
    let table = import(SERVERS, &[&format!("{HEAD}2,1,x,1,2,3,1\n3,1,x,1,1,3,1\n")]).unwrap().table;
    let path = keep(folder.path(), WONDERNETWORK, &table).unwrap();
    assert_eq!(reference.table().unwrap().as_deref(), Some(&table));
    assert!(!path.with_extension("json.new").exists());
    std::fs::write(&path, "{\"since\": 5}").unwrap();
    let later = File::options().write(true).open(&path).unwrap();
    later.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let error = reference.table().unwrap_err().to_string();
    assert!(error.ends_with("wondernetwork.json is damaged"), "{error}");
    let broken = Table { pairs: vec![Pair { to: 9, ..table.pairs[0] }], ..table.clone() };
    assert!(Table::read(&broken.text()).is_err());

    // What is picked: who is nearest comes first.
    let picked = Picked { to: vec![table.city("montréal").unwrap()], continent: None };
    let rows = table.rows(&picked);
    assert_eq!(
        rows.iter().map(|row| &*table.cities[row.from].name).collect::<Vec<_>>(),
        ["Paris", "Lagos"]
    );
    let africa = Picked { continent: Some("2".into()), ..picked };
    assert_eq!(table.rows(&africa).len(), 1);
    assert_eq!(table.continents(), ["1", "2", "3"]);
}

#[test]
fn sixty_thousand_pairs_are_read_and_picked() {
    let mut servers = String::from("id,name,country,continent,latitude,longitude\n");
    let mut pings = String::from("source,destination,timestamp,min,avg,max,mdev\n");
    for from in 0..250 {
        let (continent, north, east) = (from % 6, from % 90, from % 180);
        let _ = writeln!(servers, "{from},city{from},land,{continent},{north},{east}");
        for to in 0..250 {
            let (least, mean) = (10 + to, 20 + from + to);
            let _ = writeln!(pings, "{from},{to},2020-07-19 00:00:00,{least},{mean},600,1");
        }
    }
    let begun = Instant::now();
    let read = import(&servers, &[&pings]).unwrap();
    let text = read.table.text();
    let again = Table::read(&text).unwrap();
    println!("{} pairs, {} bytes, {:?}", again.pairs.len(), text.len(), begun.elapsed());
    assert_eq!((again.pairs.len(), again.cities.len()), (250 * 249, 250));
    let picked = Picked { to: vec![3, 7], continent: Some("2".into()) };
    let rows = again.rows(&picked);
    assert_eq!(rows.len(), 42);
    assert!(rows.iter().all(|row| row.pairs.len() == 2));
}
