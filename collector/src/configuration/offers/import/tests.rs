use super::*;
use crate::configuration::offers::build_catalogue;
use crate::contracts::{Beyond, Form, Price, Rounding};
use crate::offers::Offer;

fn offers(csv: &str) -> Vec<Offer> {
    let blocks = import("o.csv", csv).unwrap();
    let text = format!("[exchange]\ndate = '2026-11-02'\nrates = {{ USD = 1.08 }}\n{blocks}");
    read_text(Path::new("o.toml"), &text, build_catalogue).unwrap().offers
}

fn mistakes(csv: &str) -> String {
    import("o.csv", csv).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn columns_of_our_own_are_the_keys_of_the_file() {
    let csv = "name,price,port,cores,threads,memory,tax,shared,support,traffic.form,traffic.included,traffic.beyond,traffic.price\n\
               \"Kansas, City\",299.00 USD,1 Gbit/s,8,16,64 GiB,0.19,true,by-day,unmetered,,,\n\
               \"He said \"\"no\"\"\",54 EUR,1 Gbit/s,8,,32 GiB,,,,quota,20 TB,priced,1.19 EUR\n";
    let found = offers(csv);
    assert_eq!(found.len(), 2);
    assert_eq!((&*found[0].name, found[0].fee.monthly), ("Kansas, City", 29_900));
    assert_eq!((found[0].fee.tax, found[0].server.working_cores()), (0.19, Some(10.0)));
    assert_eq!(found[1].name, "He said \"no\"");
    let price = Price { minor: 119, unit_bytes: 1e12, rounding: Rounding::Whole };
    let quota = Form::Quota { included_bytes: 20e12, beyond: Beyond::Priced(price) };
    assert_eq!(found[1].contract.form, quota);
}

/// The heads are those of the tables as they were published in 2026.
#[test]
fn spare_cores_columns_are_taken_in_their_units() {
    let csv = "vendor_id,region_id,region,country_id,lat,lon,server_id,name,vcpus,cpu_cores,cpu_allocation,memory_amount,storage_size,storage_type,network_speed_baseline,network_speed_max,inbound_traffic,outbound_traffic,unit,price,price_upfront,currency,traffic_price,status,observed_at\n\
               hcloud,2,nbg1,DE,49.4521,11.0767,ccx33,ccx33,8,4,dedicated,32768,240,nvme ssd,,10,0,30000,hour,0.0784,0,EUR,0.0012,active,2026-11-02 04:11:33.123456\n\
               aws,us-east-2,US East (Ohio),US,39.96,-82.99,m7i.2xlarge,m7i.2xlarge,8,4,DEDICATED,32768,0,NETWORK,3.125,12.5,0,0,HOUR,0.4032,0,USD,0.09,active,2026-11-02 04:11:33\n";
    let found = offers(csv);
    let names: Vec<&str> = found.iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["hcloud ccx33, nbg1", "aws m7i.2xlarge, US East (Ohio)"]);
    let hetzner = &found[0];
    // 0.0784 an hour for 730.5 hours.
    assert_eq!((hetzner.fee.monthly, hetzner.fee.setup), (5_727, 0));
    assert_eq!((hetzner.server.cores, hetzner.server.threads), (Some(4.0), Some(8.0)));
    assert_eq!(hetzner.server.memory_bytes, Some(32.0 * 1_073_741_824.0));
    assert_eq!((hetzner.server.disk_bytes, hetzner.contract.port.mbit), (Some(240e9), 10_000.0));
    let price = Price { minor: 120, unit_bytes: 1e12, rounding: Rounding::Exact };
    let quota = Form::Quota { included_bytes: 30e12, beyond: Beyond::Priced(price) };
    assert_eq!(hetzner.contract.form, quota);
    assert_eq!(hetzner.read, "2026-11-02".parse().ok());
    assert_eq!(
        (hetzner.jurisdiction.as_deref(), hetzner.source.as_deref()),
        (Some("DE"), Some("Spare Cores"))
    );
    assert!(hetzner.site.coordinates.is_some());
    let amazon = &found[1];
    assert_eq!((amazon.fee.monthly, amazon.server.disks.as_deref()), (29_454, Some("network")));
    assert_eq!((amazon.contract.port.mbit, amazon.server.disk_bytes), (3_125.0, None));
    let price = Price { minor: 9_000, unit_bytes: 1e12, rounding: Rounding::Exact };
    let quota = Form::Quota { included_bytes: 1e9, beyond: Beyond::Priced(price) };
    assert_eq!(amazon.contract.form, quota);
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let csv = "name,price,port,tax,colour,traffic.form,traffic.included\n\
               a,299.00,1 Gbit/s,,,unmetered,\n\
               b,9 EUR,1 Gbit,19,,unmetered,\n\
               c,9 EUR,1 Gbit/s,,,quota,21.99 TB\n\
               \n\
               d,9 EUR,1 Gbit/s,,,unmetered\n\
               e,9 EUR,1 Gbit/s,,,unmetered,\n\
               e,8 EUR,1 Gbit/s,,,unmetered,\n\
               ,8 EUR,1 Gbit/s,,,unmetered,\n";
    let found = mistakes(csv);
    for said in [
        "o.csv:1: column colour is not known",
        "o.csv:2: price (299.00) has no currency; write it behind the amount",
        "o.csv:3: port (1 Gbit)",
        "o.csv:3: tax (19) must be a part of the price between 0 and 1",
        "o.csv:4: traffic.beyond must be one of priced, throttled, unfair",
        "o.csv:4: traffic.included (21.99 TB) is a whole number of TiB; write TiB if that is meant",
        "o.csv:6: has 6 cells below 7 heads",
        "o.csv:8: name (e) stands twice; line 7 has it, too",
        "o.csv:9: name is missing",
    ] {
        assert!(found.contains(said), "{said}\n{found}");
    }
    assert_eq!(found.lines().count(), 9, "{found}");
}

#[test]
fn numbers_and_units_that_are_none_are_told() {
    let heads = "server_id,price,unit,currency,network_speed_max,outbound_traffic,traffic_price\n";
    for (row, said) in [
        ("a,x,hour,USD,1,10,0.1", "price (x) must be a number that is not negative"),
        ("a,-1,hour,USD,1,10,0.1", "price (-1) must be a number that is not negative"),
        ("a,1,day,USD,1,10,0.1", "unit (day) must be hour, month or year"),
        ("a,1,hour,usd,1,10,0.1", "currency (usd) must be three great letters"),
        ("a,1,hour,,1,10,0.1", "traffic_price (0.1) needs a column currency beside it"),
        ("a,1,hour,USD,,10,0.1", "port is missing"),
        ("a,1,hour,USD,1,10,", "outbound_traffic (10) needs traffic_price beside it"),
        ("a,1,hour,USD,1,,", "traffic.form must be one of unmetered"),
    ] {
        let found = mistakes(&format!("{heads}{row}\n"));
        assert!(found.contains(&format!("o.csv:2: {said}")), "{row}: {found}");
    }
    assert_eq!(mistakes(heads), "o.csv: has no row with an offer");
    assert_eq!(mistakes(""), "o.csv: has no row with an offer");
    assert!(mistakes("name,name\n").contains("o.csv:1: column name stands twice"));
}

#[test]
fn a_mistake_stays_on_its_line_whatever_a_cell_holds() {
    for (csv, expected) in [
        ("\"unclosed,a\nb\n", "o.csv:1: column unclosed,a b is not known"),
        ("\0\x1b[31m\n", "o.csv:1: column   [31m is not known"),
    ] {
        assert_eq!(mistakes(csv), expected);
    }
}
