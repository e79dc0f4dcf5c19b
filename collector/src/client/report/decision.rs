//! What was decided, as a block for the file of offers: which offer, when, and what that rests on.

use std::fmt::Write as _;

use headroom_proto::configuration::quoted;
use serde_json::Value;

use crate::client::ClientError;

/// The decision for an offer, from the report on servers as JSON.
pub fn of(report: &str, offer: &str, reason: Option<&str>) -> Result<String, ClientError> {
    let whole: Value = serde_json::from_str(report).unwrap_or(Value::Null);
    let sections = &whole["hosts"][0]["sections"];
    let rows = sections["offers"]["tables"]["offers"].as_array();
    let row = rows.into_iter().flatten().find(|row| row["offer"] == offer);
    let Some(row) = row else {
        // Names have commas of their own.
        let known = rows.into_iter().flatten().filter_map(|row| row["offer"].as_str());
        let known: Vec<String> = known.map(quoted).collect();
        let known = if known.is_empty() { "no offer".to_owned() } else { known.join(", ") };
        return Err(ClientError::Refused(format!("There is no offer {offer}; there is {known}.")));
    };
    let basis = &sections["assumptions"]["tables"]["basis"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let date: String = text(&whole["until"]).chars().take(10).collect();
    let mut block = String::from("[[decisions]]\n");
    let _ = writeln!(block, "date = \"{date}\"");
    let _ = writeln!(block, "offer = {}", quoted(offer));
    if let Some(host) = whole["hosts"][0]["host"].as_str() {
        let _ = writeln!(block, "host = {}", quoted(host));
    }
    if let (Some(cost), Some(base)) = (row["cost_high"].as_f64(), basis["currency"].as_str()) {
        // No currency is written more exactly than it is.
        let digits = basis["currency_digits"].as_u64().unwrap_or(2) as usize;
        let _ = writeln!(block, "cost_high = \"{cost:.digits$} {base}\"");
    }
    if let Some(within) = row["within_ratio"].as_f64() {
        let _ = writeln!(block, "within = {within}");
    }
    if let Some(bytes) = basis["month_bytes"].as_f64().filter(|bytes| *bytes > 0.0) {
        let _ = writeln!(block, "month = \"{} GB\"", bytes / 1e9);
    }
    if let Some(reason) = reason {
        let _ = writeln!(block, "reason = {}", quoted(reason));
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"until": "2026-11-26T19:00:00Z", "hosts": [{"host": "ca1", "sections": {
        "offers": {"tables": {"offers": [
            {"offer": "A \"b\"", "cost_high": 120.5, "within_ratio": 0.97}]}},
        "assumptions": {"tables": {"basis": [
            {"currency": "EUR", "month_bytes": 2500000000000.0}]}}}}]}"#;

    #[test]
    fn a_decision_says_what_it_rests_on() {
        let block = of(REPORT, "A \"b\"", Some("nearest")).unwrap();
        assert_eq!(
            block,
            "[[decisions]]\ndate = \"2026-11-26\"\noffer = \"A \\\"b\\\"\"\nhost = \"ca1\"\n\
             cost_high = \"120.50 EUR\"\nwithin = 0.97\nmonth = \"2500 GB\"\nreason = \"nearest\"\n"
        );
    }

    #[test]
    fn amounts_have_as_many_digits_as_their_currency_and_small_volumes_are_no_nothing() {
        let report = REPORT
            .replace("\"EUR\", ", "\"JPY\", \"currency_digits\": 0, ")
            .replace("2500000000000.0", "240000.0");
        let block = of(&report, "A \"b\"", None).unwrap();
        assert!(block.contains("cost_high = \"120 JPY\"\n"), "{block}");
        assert!(block.contains("month = \"0.00024 GB\"\n"), "{block}");
    }

    #[test]
    fn an_offer_that_is_not_there_is_refused_with_those_that_are() {
        let error = of(REPORT, "B", None).unwrap_err().to_string();
        assert!(error.contains("There is no offer B; there is \"A "), "{error}");
    }
}
