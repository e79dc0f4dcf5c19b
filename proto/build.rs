//! Compiles the protocol with protox, so that no protoc is needed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = "headroom/v1/telemetry.proto";
    println!("cargo:rerun-if-changed={source}");
    let descriptors = protox::compile([source], ["."])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
