//! An authority and a certificate for `localhost`, made for one test.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// PEM texts.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority.
    pub authority: String,
    /// The collector's certificate, signed by the authority.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// A new authority with one certificate.
pub fn certificates() -> Certificates {
    signed(|_| {})
}

/// The same with a certificate that was good in 2001.
pub fn expired_certificates() -> Certificates {
    signed(|parameters| {
        parameters.not_before = rcgen::date_time_ymd(2001, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2001, 12, 31);
    })
}

fn signed(change: impl FnOnce(&mut CertificateParams)) -> Certificates {
    let authority_key = KeyPair::generate().expect("a key can be made");
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are fine");
    authority.distinguished_name.push(DnType::CommonName, "an authority of one test");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let signed = authority.self_signed(&authority_key).expect("an authority signs itself");
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().expect("a key can be made");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut parameters = CertificateParams::new(names).expect("the names are names");
    parameters.distinguished_name.push(DnType::CommonName, "localhost");
    change(&mut parameters);
    let certificate = parameters.signed_by(&key, &issuer).expect("the authority signs");
    Certificates {
        authority: signed.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}
