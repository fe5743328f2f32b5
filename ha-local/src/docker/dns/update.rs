//! Speaks DNS: changes a name's addresses (RFC 2136, signed as RFC 8945 says), and asks as anybody does.

use super::{
    knot::KEY,
    rows::{Published, Secret},
};
use crate::docker::engine::Trouble;
use data_encoding::BASE64;
use ha_core::{backend::Kind, name::DnsName};
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode, update_message::UpdateMessage},
    rr::{DNSClass, Name, RData, Record, RecordType, TSigner, rdata::tsig::TsigAlgorithm},
};
use std::{
    io,
    net::Ipv4Addr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
};

/// A server that is well answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// By so many seconds the clocks may differ: both are this machine's.
const FUDGE: u16 = 300;

/// A key that nobody has.
pub(super) fn fresh_key() -> Result<Secret, Trouble> {
    use std::io::Read;
    let mut bytes = [0_u8; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(Secret(BASE64.encode(&bytes)))
}

/// Tells the server behind this port what it answers to a name from now on: all of it, or nothing of it.
pub(super) async fn tell(port: u16, key: &Secret, name: &DnsName, published: &Published) -> Result<(), Trouble> {
    let signer = signer(key)?;
    let mut message = update(name, published)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut verifier = message.finalize(&signer, now).map_err(wrong)?;
    let answer = by_tcp(port, &message.to_vec().map_err(wrong)?).await?;
    let code = Message::from_vec(&answer).map_err(wrong)?.response_code;
    refused(code, name)?;
    if let Some(verifier) = &mut verifier {
        let denied = |error| {
            Trouble::said(Kind::Denied, format!("the answer of the DNS server is not signed by our key: {error}"))
        };
        verifier.verify(&answer).map_err(denied)?;
    }
    Ok(())
}

/// What anybody is answered who asks the server behind this port for a name: addresses, and for how long they may be kept.
pub(super) async fn ask(port: u16, name: &DnsName) -> Result<(Vec<Ipv4Addr>, Duration), Trouble> {
    let mut message = Message::new(identifier(), MessageType::Query, OpCode::Query);
    message.add_query(Query::query(full(name)?, RecordType::A));
    let answer = by_udp(port, &message.to_vec().map_err(wrong)?).await?;
    let answer = Message::from_vec(&answer).map_err(wrong)?;
    if matches!(answer.response_code, ResponseCode::NXDomain | ResponseCode::Refused) {
        return Ok((Vec::new(), Duration::ZERO));
    }
    refused(answer.response_code, name)?;
    let address = |record: &Record| if let RData::A(address) = &record.data { Some(address.0) } else { None };
    let addresses = answer.answers.iter().filter_map(address);
    let ttl = answer.answers.iter().map(|record| record.ttl).min().unwrap_or(0);
    Ok((addresses.collect(), Duration::from_secs(u64::from(ttl))))
}

fn signer(key: &Secret) -> Result<TSigner, Trouble> {
    let bytes = BASE64.decode(key.0.as_bytes()).map_err(wrong)?;
    let name = Name::from_ascii(KEY).map_err(wrong)?;
    TSigner::new(bytes, TsigAlgorithm::HmacSha256, name, FUDGE).map_err(wrong)
}

fn full(name: &DnsName) -> Result<Name, Trouble> {
    let mut full = Name::from_ascii(name.as_str()).map_err(wrong)?;
    full.set_fqdn(true);
    Ok(full)
}

/// All addresses of the name go and the new ones come, in one message: nobody finds it in between.
fn update(name: &DnsName, published: &Published) -> Result<Message, Trouble> {
    let zone = full(name)?;
    let mut message = Message::new(identifier(), MessageType::Query, OpCode::Update);
    message.add_zone(Query::query(zone.clone(), RecordType::SOA));
    let mut gone = Record::update0(zone.clone(), 0, RecordType::A);
    gone.dns_class = DNSClass::ANY;
    message.add_update(gone);
    for it in &published.addresses {
        message.add_update(Record::from_rdata(zone.clone(), published.ttl, RData::A(it.address.into())));
    }
    Ok(message)
}

/// Two questions that are under way at once are told apart by it.
fn identifier() -> u16 {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    (nanos / 7 % 65_536) as u16
}

fn refused(code: ResponseCode, name: &DnsName) -> Result<(), Trouble> {
    let denied = [ResponseCode::NotAuth, ResponseCode::Refused, ResponseCode::BADVERS, ResponseCode::BADKEY];
    if code == ResponseCode::NoError {
        return Ok(());
    }
    // Every other code says that it did not do it this time.
    let kind = if denied.contains(&code) { Kind::Denied } else { Kind::Unavailable };
    Err(Trouble::said(kind, format!("the DNS server answers {code} for {name}")))
}

async fn by_tcp(port: u16, message: &[u8]) -> Result<Vec<u8>, Trouble> {
    let exchange = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let length = u16::try_from(message.len()).map_err(|_| io::Error::other("an update is longer than 64 kB"))?;
        stream.write_all(&[&length.to_be_bytes(), message].concat()).await?;
        let mut answer = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    };
    in_time(exchange).await
}

async fn by_udp(port: u16, message: &[u8]) -> Result<Vec<u8>, Trouble> {
    let exchange = async {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        socket.connect((Ipv4Addr::LOCALHOST, port)).await?;
        socket.send(message).await?;
        let mut answer = vec![0; 4096];
        let length = socket.recv(&mut answer).await?;
        answer.truncate(length);
        Ok(answer)
    };
    in_time(exchange).await
}

async fn in_time(exchange: impl Future<Output = io::Result<Vec<u8>>>) -> Result<Vec<u8>, Trouble> {
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Trouble::said(Kind::Unavailable, "the DNS server does not answer")),
    }
}

fn wrong(error: impl std::fmt::Display) -> Trouble {
    Trouble::said(Kind::Unavailable, format!("DNS: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::dns::rows::Weighed;

    #[test]
    fn an_update_takes_all_addresses_away_and_brings_the_new_ones_in_one_message() {
        let addresses = [2, 3].map(|last| Weighed { address: Ipv4Addr::new(10, 88, 0, last), weight: 1 }).to_vec();
        let message = update(&"shop.example".into(), &Published { ttl: 30, addresses, one: false }).unwrap();
        let message = Message::from_vec(&message.to_vec().unwrap()).unwrap();
        assert_eq!((message.op_code, message.queries[0].query_type()), (OpCode::Update, RecordType::SOA));
        let told: Vec<String> =
            message.authorities.iter().map(|it| format!("{} {} {}", it.dns_class, it.ttl, it.record_type())).collect();
        assert_eq!(told, ["ANY 0 A", "IN 30 A", "IN 30 A"]);
    }

    #[test]
    fn a_message_is_signed_and_its_key_is_not_in_it() {
        let key = fresh_key().unwrap();
        assert!(fresh_key().unwrap() != key && BASE64.decode(key.0.as_bytes()).unwrap().len() == 32);
        let mut message = update(&"shop.example".into(), &Published::default()).unwrap();
        message.finalize(&signer(&key).unwrap(), 1).unwrap();
        let written = message.to_vec().unwrap();
        let secret = BASE64.decode(key.0.as_bytes()).unwrap();
        assert!(!written.windows(secret.len()).any(|part| part == secret));
        assert!(Message::from_vec(&written).unwrap().signature().is_some());
    }
}
