//! A mail server of a test's own: keeps what it is sent, by the letter of RFC 5321, and fails as it is
//! told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::tls::Certificates;

/// How one connection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Well.
    Takes,
    /// It greets with 421.
    Busy,
    /// It answers RCPT with 451.
    Later,
    /// It answers RCPT with 550.
    Never,
    /// It answers AUTH with 535.
    LetsNobodyIn,
    /// It says nothing at all.
    Hangs,
    /// It closes the connection once it has the mail, and says nothing of it.
    Drops,
}

/// What keeps a connection from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelter {
    /// Nothing.
    Nothing,
    /// STARTTLS, without which no mail is taken.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// A mail that came whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's reader.
    pub to: String,
    /// Headers and body, dots undone.
    pub data: String,
    /// Whether TLS was there.
    pub is_sheltered: bool,
    /// What AUTH PLAIN brought, as it came.
    pub login: Option<String>,
}

/// The server.
#[derive(Clone)]
pub struct MailServer {
    mails: Arc<Mutex<Vec<Received>>>,
    connections: Arc<Mutex<usize>>,
    manners: Arc<Mutex<VecDeque<Manner>>>,
    shelter: Shelter,
    acceptor: Option<TlsAcceptor>,
}

/// A connection at work.
struct Session<S> {
    stream: BufReader<S>,
    manner: Manner,
    needs_tls: bool,
    received: Received,
}

/// How a session ended.
enum End<S> {
    /// It is over.
    Over,
    /// It goes on in TLS.
    StartTls(BufReader<S>),
}

impl MailServer {
    /// One whose connections go so, one after the other, and then well; answers with its port.
    pub async fn start(
        manners: &[Manner],
        shelter: Shelter,
        tls: Option<&Certificates>,
    ) -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has ports");
        let port = listener.local_addr().expect("it is bound").port();
        let server = Self {
            mails: Arc::default(),
            connections: Arc::default(),
            manners: Arc::new(Mutex::new(manners.iter().copied().collect())),
            shelter,
            acceptor: tls.map(acceptor),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let manner = {
                    *serving.connections.lock().expect("no panics") += 1;
                    let mut manners = serving.manners.lock().expect("no panics");
                    manners.pop_front().unwrap_or(Manner::Takes)
                };
                tokio::spawn(serving.clone().serve(stream, manner));
            }
        });
        (server, port)
    }

    /// All that was taken, or dropped without a word.
    pub fn mails(&self) -> Vec<Received> {
        self.mails.lock().expect("no panics").clone()
    }

    /// How often it was asked.
    pub fn connections(&self) -> usize {
        *self.connections.lock().expect("no panics")
    }

    async fn serve(self, stream: TcpStream, manner: Manner) {
        // Whoever breaks off sees to it.
        let _ = self.talk(stream, manner).await;
    }

    async fn talk(&self, stream: TcpStream, manner: Manner) -> std::io::Result<()> {
        let acceptor = self.acceptor.clone();
        match self.shelter {
            Shelter::Tls => {
                let stream = acceptor.expect("TLS has certificates").accept(stream).await?;
                let mut session = Session::new(stream, manner, false, true);
                session.greet().await?;
                self.go_on(session).await?;
            }
            Shelter::Nothing | Shelter::StartTls => {
                let needs_tls = self.shelter == Shelter::StartTls;
                let mut session = Session::new(stream, manner, needs_tls, false);
                session.greet().await?;
                if let End::StartTls(stream) = self.go_on(session).await? {
                    let acceptor = acceptor.expect("STARTTLS has certificates");
                    let stream = acceptor.accept(stream.into_inner()).await?;
                    self.go_on(Session::new(stream, manner, false, true)).await?;
                }
            }
        }
        Ok(())
    }

    async fn go_on<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut session: Session<S>,
    ) -> std::io::Result<End<S>> {
        if session.manner == Manner::Hangs {
            std::future::pending::<()>().await;
        }
        loop {
            let line = session.line().await?;
            let Some(line) = line else { return Ok(End::Over) };
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match (verb.as_str(), session.manner) {
                ("EHLO", _) => session.say(session.features()).await?,
                ("STARTTLS", _) => {
                    session.say("220 go ahead\r\n").await?;
                    return Ok(End::StartTls(session.stream));
                }
                ("QUIT", _) => {
                    session.say("221 bye\r\n").await?;
                    return Ok(End::Over);
                }
                ("AUTH", Manner::LetsNobodyIn) => session.say("535 5.7.8 no\r\n").await?,
                ("AUTH", _) => {
                    session.received.login = line.split(' ').nth(2).map(ToOwned::to_owned);
                    session.say("235 welcome\r\n").await?;
                }
                ("MAIL", _) if session.needs_tls => session.say("530 TLS first\r\n").await?,
                ("MAIL", _) => {
                    session.received.from = in_brackets(&line);
                    session.say("250 ok\r\n").await?;
                }
                ("RCPT", Manner::Later) => session.say("451 greylisted\r\n").await?,
                ("RCPT", Manner::Never) => session.say("550 5.1.1 nobody here\r\n").await?,
                ("RCPT", _) => {
                    session.received.to = in_brackets(&line);
                    session.say("250 ok\r\n").await?;
                }
                ("DATA", manner) => {
                    session.say("354 go on\r\n").await?;
                    session.received.data = session.data().await?;
                    self.mails.lock().expect("no panics").push(session.received.clone());
                    if manner == Manner::Drops {
                        return Ok(End::Over);
                    }
                    session.say("250 taken\r\n").await?;
                }
                _ => session.say("500 what\r\n").await?,
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    fn new(stream: S, manner: Manner, needs_tls: bool, is_sheltered: bool) -> Self {
        let received = Received {
            from: String::new(),
            to: String::new(),
            data: String::new(),
            is_sheltered,
            login: None,
        };
        Self { stream: BufReader::new(stream), manner, needs_tls, received }
    }

    async fn greet(&mut self) -> std::io::Result<()> {
        match self.manner {
            Manner::Hangs => Ok(()),
            Manner::Busy => self.say("421 too busy\r\n").await,
            Manner::Takes
            | Manner::Later
            | Manner::Never
            | Manner::LetsNobodyIn
            | Manner::Drops => self.say("220 mail.example ESMTP\r\n").await,
        }
    }

    fn features(&self) -> &'static str {
        if self.needs_tls {
            "250-mail.example\r\n250 STARTTLS\r\n"
        } else {
            "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n"
        }
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// A line, which ends with CRLF and has at most 998 bytes before.
    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut bytes = Vec::new();
        loop {
            match self.stream.read_u8().await {
                Ok(byte) => bytes.push(byte),
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(error),
            }
            if let Some(line) = bytes.strip_suffix(b"\r\n") {
                assert!(line.len() <= 998, "a line of {} bytes", line.len());
                assert!(!line.contains(&b'\n') && !line.contains(&b'\r'), "a bare end of line");
                return Ok(Some(String::from_utf8(line.to_vec()).expect("lines are UTF-8")));
            }
        }
    }

    async fn data(&mut self) -> std::io::Result<String> {
        let mut data = String::new();
        while let Some(line) = self.line().await? {
            if line == "." {
                break;
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push_str("\r\n");
        }
        Ok(data)
    }
}

fn in_brackets(line: &str) -> String {
    let text = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    text.map(|(text, _)| text.to_owned()).unwrap_or_default()
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(certificates.certificate.as_bytes());
    let chain: Vec<_> = chain.collect::<Result<_, _>>().expect("certificates are PEM");
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).expect("a key is PEM");
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("key and certificate belong together");
    TlsAcceptor::from(Arc::new(config))
}
