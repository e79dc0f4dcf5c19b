//! The generated messages and service of `headroom/v1/telemetry.proto`.
#![allow(missing_docs, unused_qualifications, clippy::all, clippy::pedantic)]
// `allow`, not `expect`: which lints the generated code meets depends on the generator.

tonic::include_proto!("headroom.v1");
