//! Mail on its way: written as MIME, and handed to the one server that is configured for its receiver.

use std::time::{Duration, UNIX_EPOCH};

use headroom_proto::chain::Chain;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::oncall::{Format, Mail, MailAccount, MailAddress, Receiver, Refused, Security};

/// How long a server may take for all of it: some let strangers wait before they say who they are.
const LONGEST: Duration = Duration::from_secs(40);

/// The picture's name within the mail.
const PICTURE: &str = "graph@headroom";

/// Where servers of each kind listen.
const SUBMISSION_PORT: u16 = 587;
const TLS_PORT: u16 = 465;

/// Why there is no mail, or no way to its server.
#[derive(Debug, thiserror::Error)]
enum MailError {
    /// The receiver is no mailbox, or its server's address is none.
    #[error("its address cannot be read")]
    Address,
    /// What is to be sent is no mail.
    #[error("the mail cannot be written")]
    Written(#[from] lettre::error::Error),
    /// An address is none.
    #[error("an address of the mail cannot be read")]
    Mailbox(#[from] lettre::address::AddressError),
    /// The server.
    #[error("the server does not take it")]
    Server(#[from] lettre::transport::smtp::Error),
}

/// Hands a mail to its receiver's server.
pub async fn send(receiver: &Receiver, mail: &Mail) -> Result<(), Refused> {
    let sending = async {
        let Format::Email(account) = &receiver.format else { return Err(MailError::Address) };
        let message = written(account, mail)?;
        let transport = transport(receiver, account)?;
        transport.send(message).await?;
        Ok(())
    };
    match tokio::time::timeout(LONGEST, sending).await {
        Err(_) => {
            let why = format!("it has not taken it within {} s", LONGEST.as_secs());
            Err(Refused { code: None, why })
        }
        Ok(Err(error)) => Err(refused(&error)),
        Ok(Ok(())) => Ok(()),
    }
}

fn refused(error: &MailError) -> Refused {
    let code = match error {
        MailError::Server(error) => error.status().map(u16::from),
        // It would be the same each time.
        MailError::Address | MailError::Written(_) | MailError::Mailbox(_) => Some(501),
    };
    Refused { code, why: Chain(error).to_string() }
}

fn transport(
    receiver: &Receiver,
    account: &MailAccount,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
    let place = receiver.url.split_once("://").map_or("", |(_, place)| place);
    let uri: hyper::http::uri::Authority = place.parse().map_err(|_| MailError::Address)?;
    let host = uri.host().trim_matches(['[', ']']).to_owned();
    let usual = match account.security {
        Security::Tls => TLS_PORT,
        Security::StartTls | Security::Plain => SUBMISSION_PORT,
    };
    let tls = match account.security {
        Security::Tls => Tls::Wrapper(parameters(&host, account)?),
        Security::StartTls => Tls::Required(parameters(&host, account)?),
        Security::Plain => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(uri.port_u16().unwrap_or(usual))
        .tls(tls)
        .hello_name(ClientId::Domain(account.from.domain.clone()))
        .timeout(Some(LONGEST));
    if let (Some(user), Some(password)) = (&account.user, &receiver.token) {
        let password = password.reveal().to_owned();
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    Ok(builder.build())
}

fn parameters(host: &str, account: &MailAccount) -> Result<TlsParameters, MailError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(authority) = &account.authority {
        builder = builder.add_root_certificate(Certificate::from_pem(authority.as_bytes())?);
    }
    Ok(builder.build()?)
}

fn written(account: &MailAccount, mail: &Mail) -> Result<Message, MailError> {
    let at = UNIX_EPOCH + Duration::from_millis(mail.at_ms.max(0) as u64);
    let mut builder = Message::builder()
        .from(mailbox(&account.from)?)
        .to(mailbox(&account.to)?)
        .date(at)
        .message_id(Some(mail.id.clone()))
        .in_reply_to(mail.thread.clone())
        .references(mail.thread.clone())
        .subject(&mail.subject);
    // Nobody's machine answers, and whoever reads sees that it is urgent.
    builder = with(builder, HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated");
    if mail.is_urgent {
        builder = with(builder, HeaderName::new_from_ascii_str("Importance"), "high");
        builder = with(builder, HeaderName::new_from_ascii_str("X-Priority"), "1");
    }
    let plain = SinglePart::plain(mail.text.clone());
    let parts = match &mail.picture {
        None => MultiPart::alternative()
            .singlepart(plain)
            .singlepart(SinglePart::html(mail.html.clone())),
        Some(picture) => {
            let html = format!(
                "{}<p><img src=\"cid:{PICTURE}\" alt=\"The graph\" style=\"max-width:100%\"></p>\n",
                mail.html
            );
            let kind = ContentType::parse("image/png").expect("it is a type of content");
            let attached = Attachment::new_inline_with_name(PICTURE.into(), "graph.png".into())
                .body(picture.clone(), kind);
            let related =
                MultiPart::related().singlepart(SinglePart::html(html)).singlepart(attached);
            MultiPart::alternative().singlepart(plain).multipart(related)
        }
    };
    Ok(builder.multipart(parts)?)
}

fn with(builder: MessageBuilder, name: HeaderName, value: &str) -> MessageBuilder {
    builder.raw_header(HeaderValue::new(name, value.to_owned()))
}

fn mailbox(address: &MailAddress) -> Result<Mailbox, MailError> {
    let MailAddress { name, local, domain } = address;
    Ok(Mailbox::new(name.clone(), Address::new(local.as_str(), domain.as_str())?))
}
