//! As much of the client's protocol as questions in words need: hello, query, answer.

use std::fmt;
use std::io::{BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// The server's refusal of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) number: u16,
    pub(super) state: String,
    pub(super) message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ERROR {} ({}): {}", self.number, self.state, self.message)
    }
}

/// Rows as texts, or why there are none.
pub(super) type Answer = std::result::Result<Vec<Vec<Option<String>>>, Refused>;

/// A session.
pub(super) struct Client {
    stream: BufReader<UnixStream>,
    /// Its number among the server's sessions.
    pub(super) id: u32,
}

/// Protocol 4.1, transactions, long passwords, and how a password would be sent.
const CAPABILITIES: u32 = 0x0200 | 0x2000 | 0x0001 | 0x8000;
const UTF8MB4: u8 = 45;
const QUERY: u8 = 3;

impl Client {
    /// Opens a session at a server that asks for no password.
    pub(super) fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).with_context(|| format!("{socket:?}"))?;
        let mut client = Self { stream: BufReader::new(stream), id: 0 };
        let greeting = client.receive()?;
        let after_version = greeting.iter().position(|&byte| byte == 0).context("a version")? + 1;
        let id = greeting.get(after_version..after_version + 4).context("a number")?;
        client.id = u32::from_le_bytes(id.try_into()?);
        let mut hello = CAPABILITIES.to_le_bytes().to_vec();
        hello.extend((1_u32 << 24).to_le_bytes());
        hello.push(UTF8MB4);
        hello.extend([0; 23]);
        hello.extend(b"root\0\0");
        client.send(1, &hello)?;
        let welcome = client.receive()?;
        ensure!(welcome.first() == Some(&0), "the server wants more than a name: {welcome:?}");
        Ok(client)
    }

    /// Sends a statement and waits for its answer.
    pub(super) fn query(&mut self, sql: &str) -> Result<Answer> {
        let mut packet = vec![QUERY];
        packet.extend(sql.as_bytes());
        self.send(0, &packet)?;
        let first = self.receive()?;
        let columns = match first.first() {
            Some(0) => return Ok(Ok(Vec::new())),
            Some(0xff) => return Ok(Err(refused(&first)?)),
            _ => Fields(&first).length().context("a number of columns")?,
        };
        for _ in 0..columns {
            self.receive()?;
        }
        self.receive()?;
        let mut rows = Vec::new();
        loop {
            let packet = self.receive()?;
            match packet.first() {
                Some(0xfe) if packet.len() < 9 => return Ok(Ok(rows)),
                Some(0xff) => return Ok(Err(refused(&packet)?)),
                _ => {
                    let mut fields = Fields(&packet);
                    rows.push((0..columns).map(|_| fields.text()).collect());
                }
            }
        }
    }

    fn send(&mut self, sequence: u8, packet: &[u8]) -> Result<()> {
        let length = u32::try_from(packet.len())?.to_le_bytes();
        ensure!(length[3] == 0, "a statement of {} bytes", packet.len());
        let stream = self.stream.get_mut();
        stream.write_all(&[length[0], length[1], length[2], sequence])?;
        Ok(stream.write_all(packet)?)
    }

    fn receive(&mut self) -> Result<Vec<u8>> {
        let mut header = [0; 4];
        self.stream.read_exact(&mut header).context("the server has hung up")?;
        let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        let mut packet = vec![0; usize::try_from(length)?];
        self.stream.read_exact(&mut packet)?;
        Ok(packet)
    }
}

/// `0xff`, number, `#`, SQLSTATE, message.
fn refused(packet: &[u8]) -> Result<Refused> {
    let [_, low, high, b'#', rest @ ..] = packet else {
        bail!("no SQLSTATE in {:?}", String::from_utf8_lossy(packet));
    };
    let (state, message) = rest.split_at_checked(5).context("a short SQLSTATE")?;
    Ok(Refused {
        number: u16::from_le_bytes([*low, *high]),
        state: String::from_utf8_lossy(state).into_owned(),
        message: String::from_utf8_lossy(message).into_owned(),
    })
}

/// What is left of a packet.
struct Fields<'p>(&'p [u8]);

impl Fields<'_> {
    /// A number of one byte, or of the bytes that its first announces; none for NULL.
    fn length(&mut self) -> Option<usize> {
        let (&first, rest) = self.0.split_first()?;
        let bytes = match first {
            0..=0xfa => {
                self.0 = rest;
                return Some(usize::from(first));
            }
            0xfc => 2,
            0xfd => 3,
            0xfe => 8,
            _ => {
                self.0 = rest;
                return None;
            }
        };
        let (number, rest) = rest.split_at_checked(bytes)?;
        self.0 = rest;
        Some(number.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte)))
    }

    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}
