//! Whether the files of TLS are fit for use: certificates that are of today, a key that not everybody
//! may read. Whoever checks a configuration is told as of any mistake; a collector that starts goes on
//! with a warning, for nothing is gained if it stands still at night.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use headroom_proto::certificate::Validity;
use headroom_proto::files;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::moments::iso;

/// What of the certificates in a file agents would refuse at a moment.
pub fn certificate_unfit(path: &Path, now_ms: i64) -> Option<String> {
    let text = files::read(path).unwrap_or_default();
    let certificates = CertificateDer::pem_slice_iter(&text).flatten();
    certificates.into_iter().find_map(|certificate| {
        let Some(Validity { begin_s, end_s }) = Validity::of(&certificate) else {
            return Some("holds a certificate that cannot be read".to_owned());
        };
        let (begin_ms, end_ms) = (begin_s * 1000, end_s * 1000);
        if end_ms <= now_ms {
            return Some(format!("ended at {}, so that agents refuse it; renew it", iso(end_ms)));
        }
        (begin_ms > now_ms).then(|| format!("begins at {} only", iso(begin_ms)))
    })
}

/// What is wrong with a key's file.
pub fn key_unfit(path: &Path) -> Option<String> {
    let open = fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o007 != 0);
    open.then(|| "can be read by everyone; take that away with chmod o=".to_owned())
}
