//! Renderings as people see them, and mistakes as they are told.

use serde_json::json;

use super::*;

fn answer(data: serde_json::Value) -> Answer {
    serde_json::from_value(data).unwrap()
}

fn hosts() -> Answer {
    let metric = |instance: &str, device: &str| {
        json!({ "__name__": "node_network_speed_bytes", "instance": instance, "job": "node",
                "device": device })
    };
    answer(json!({ "resultType": "vector", "result": [
        { "metric": metric("ca1", "eth0"), "value": [1_590_667_200, "125000000"] },
        { "metric": metric("ca1", "wg-\u{1b}[31m"), "value": [1_590_667_200, "NaN"] },
        { "metric": { "__name__": "node_network_speed_bytes", "instance": "de-fra-01", "job": "node" },
          "value": [1_590_667_200, "0.000012345678"] },
    ] }))
}

fn day() -> Answer {
    answer(json!({ "resultType": "matrix", "result": [
        { "metric": { "instance": "ca1", "mode": "a \"b\", c" }, "values":
            [[1_590_667_200, "1"], [1_590_667_215.5, "2.123456789"], [1_590_667_230, "NaN"]] },
        { "metric": { "instance": "ca2" }, "values": [[1_590_667_230, "+Inf"]] },
        { "metric": { "instance": "ca3" }, "values": [] },
    ] }))
}

#[test]
fn a_moment_as_table() {
    insta::assert_snapshot!(table::render(&hosts()));
}

#[test]
fn a_range_as_table() {
    insta::assert_snapshot!(table::render(&day()));
}

#[test]
fn a_moment_as_csv() {
    insta::assert_snapshot!(
        csv::render(&hosts()).escape_debug().to_string().replace("\\r\\n", "\n")
    );
}

#[test]
fn a_range_as_csv() {
    insta::assert_snapshot!(csv::render(&day()).replace("\r\n", "\n"));
}

#[test]
fn numbers_and_texts_and_nothing() {
    let scalar = answer(json!({ "resultType": "scalar", "result": [1.5, "1234567.891"] }));
    assert_eq!(table::render(&scalar), "1234568\n");
    assert_eq!(csv::render(&scalar), "timestamp,value\r\n1970-01-01T00:00:01.5Z,1234567.891\r\n");
    let text = answer(json!({ "resultType": "string", "result": [0, "two\nlines"] }));
    assert_eq!(table::render(&text), "two\\nlines\n");
    assert_eq!(csv::render(&text), "timestamp,value\r\n1970-01-01T00:00:00Z,\"two\nlines\"\r\n");
    for kind in ["vector", "matrix"] {
        let nothing = answer(json!({ "resultType": kind, "result": [] }));
        assert_eq!(table::render(&nothing), "");
        assert_eq!(csv::render(&nothing), "timestamp,value\r\n");
    }
    let named = json!([{ "metric": { "value": "x" }, "value": [0, "-0"] }]);
    let named = answer(json!({ "resultType": "vector", "result": named }));
    assert_eq!(csv::render(&named), "label_value,timestamp,value\r\nx,1970-01-01T00:00:00Z,-0\r\n");
}

#[test]
fn steps_and_addresses_have_rules() {
    assert_eq!(parse_step("0s").unwrap_err(), "must be at least 1ms");
    assert!(parse_step("5").unwrap_err().starts_with("needs a number with ms, s, m, h or d"));
    assert_eq!(parse_step("90s").unwrap().0, Duration::from_secs(90));
    for address in ["127.0.0.1:8440", "https://host/", "http://", ""] {
        let rule = "must be an address such as http://127.0.0.1:8440";
        assert_eq!(parse_url(address).unwrap_err(), rule, "{address}");
    }
    let secret = parse_url("http://me:secret@monitor.example.org/headroom/").unwrap();
    assert_eq!(shown(&secret).as_str(), "http://me@monitor.example.org/headroom/");
}
