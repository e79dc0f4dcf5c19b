//! Answers in Prometheus's JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};

use crate::promql::{QueryError, Row, Value};
use crate::store::Labels;

pub fn success(data: &Json) -> Response {
    respond(StatusCode::OK, &json!({ "status": "success", "data": data }))
}

pub fn failure(error: &QueryError) -> Response {
    let (status, kind) = match error {
        QueryError::BadData(_) => (StatusCode::BAD_REQUEST, "bad_data"),
        QueryError::Execution(_) => (StatusCode::UNPROCESSABLE_ENTITY, "execution"),
        QueryError::Stopped => return timeout("query timed out in expression evaluation"),
        QueryError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    };
    let error = error.to_string();
    respond(status, &json!({ "status": "error", "errorType": kind, "error": error }))
}

/// The answer came too late.
pub fn timeout(message: &str) -> Response {
    let body = json!({ "status": "error", "errorType": "timeout", "error": message });
    respond(StatusCode::SERVICE_UNAVAILABLE, &body)
}

fn respond(status: StatusCode, body: &Json) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (status, headers, body.to_string()).into_response()
}

/// The answer of an instant query.
pub fn instant(value: &Value, at_ms: i64) -> Json {
    let point = |number: f64| json!([time(at_ms), text(number)]);
    match value {
        Value::Scalar(numbers) => {
            let number = numbers.first().copied().unwrap_or(f64::NAN);
            json!({ "resultType": "scalar", "result": point(number) })
        }
        Value::Text(text) => {
            json!({ "resultType": "string", "result": [time(at_ms), text] })
        }
        Value::Vector(rows) => {
            let row = |row: &Row| {
                let value = point(row.points.first().copied().flatten()?);
                Some(json!({ "metric": labels(&row.labels), "value": value }))
            };
            let result: Vec<Json> = rows.iter().filter_map(row).collect();
            json!({ "resultType": "vector", "result": result })
        }
        Value::Matrix(series) => {
            let result: Vec<Json> = series
                .iter()
                .map(|samples| {
                    let pairs = samples.timestamps.iter().zip(&samples.values);
                    let values: Vec<Json> =
                        pairs.map(|(&at_ms, &value)| json!([time(at_ms), text(value)])).collect();
                    json!({ "metric": labels(&samples.labels), "values": values })
                })
                .collect();
            json!({ "resultType": "matrix", "result": result })
        }
    }
}

/// The answer of a range query: a matrix, also of a number.
pub fn range(value: &Value, (from_ms, step_ms): (i64, i64)) -> Json {
    let values = |points: &mut dyn Iterator<Item = Option<f64>>| -> Vec<Json> {
        let at = |step: usize| time(from_ms + step as i64 * step_ms);
        points.enumerate().filter_map(|(n, point)| Some(json!([at(n), text(point?)]))).collect()
    };
    let result: Vec<Json> = match value {
        Value::Scalar(numbers) => {
            let values = values(&mut numbers.iter().copied().map(Some));
            vec![json!({ "metric": {}, "values": values })]
        }
        Value::Vector(rows) => {
            let row = |row: &Row| {
                let values = values(&mut row.points.iter().copied());
                json!({ "metric": labels(&row.labels), "values": values })
            };
            rows.iter().map(row).collect()
        }
        Value::Text(_) | Value::Matrix(_) => Vec::new(),
    };
    json!({ "resultType": "matrix", "result": result })
}

/// Labels as an object.
pub fn labels(labels: &Labels) -> Json {
    let pairs = labels.iter().map(|(name, value)| (name.to_owned(), json!(value)));
    Json::Object(pairs.collect::<Map<_, _>>())
}

/// Unix seconds; whole ones without a fraction.
fn time(at_ms: i64) -> Json {
    if at_ms % 1000 == 0 { json!(at_ms / 1000) } else { json!(at_ms as f64 / 1000.0) }
}

fn text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    value.to_string()
}
