//! Rule IST-43: the request decides the endpoint.

use super::*;
use crate::mesh::ring::{ConsistentHash, HashKey, MINIMUM_DEFAULT, Ring, xx_hash};

/// A class with a header.
fn user(name: &str) -> Class {
    Class { headers: [("x-user".to_owned(), name.to_owned())].into(), ..class("/") }
}

/// A proxy of a cluster that hashes the header, asked by so many users and one without the header.
fn hashing(pods: &[u32], users: usize) -> Proxy {
    let mut classes: Vec<_> = (0..users).map(|number| user(&format!("user-{number}"))).collect();
    classes.push(class("/"));
    let mut proxy = Proxy::new(ProxyId(0), classes.len(), Seed(7));
    proxy.accept(Arc::new(hashed(pods)), &classes, &mut Registry::new(1), NOW);
    proxy
}

fn hashed(pods: &[u32]) -> Config {
    let hash = ConsistentHash { key: HashKey::Header("x-user".into()), minimum: MINIMUM_DEFAULT };
    let balancer = LoadBalancer::ConsistentHash;
    let clusters = vec![Cluster { balancer, hash: Some(hash), ..cluster("blue", pods) }];
    config(vec![rule(&[("blue", 1)], &clusters)], clusters)
}

fn pod_of(proxy: &mut Proxy, class: usize) -> u32 {
    let Choice::Endpoint { host, pod } = proxy.choose(ClassId(class as u16), NOW) else {
        panic!("blue has endpoints");
    };
    proxy.release(host);
    pod.0
}

#[test]
fn the_hash_is_envoys() {
    // The published examples of the algorithm, one for each length class.
    for (text, hash) in [
        ("", 0xef46_db37_51d8_e999),
        ("a", 0xd24e_c4f1_a98c_6e5b),
        ("abc", 0x44bc_2cf5_ad77_0999),
        ("Nobody inspects the spammish repetition", 0xfbce_a83c_8a37_8bf1),
    ] {
        assert_eq!(xx_hash(text.as_bytes()), hash, "{text}");
    }
}

#[test]
fn a_user_stays_with_an_endpoint_and_most_stay_when_another_one_goes() {
    // IST-43. With three endpoints each has 342 entries, with two 512: a third of the users lose their
    // endpoint, and of the others a sixth meet one of the new entries of the other: four ninths move.
    const USERS: usize = 900;
    let mut three = hashing(&BLUE, USERS);
    let mut two = hashing(&BLUE[..2], USERS);
    let mut moved = 0.0;
    for user in 0..USERS {
        let pod = pod_of(&mut three, user);
        assert!((0..5).all(|_| pod_of(&mut three, user) == pod));
        moved += f64::from(u8::from(pod_of(&mut two, user) != pod));
    }
    // Five standard deviations of a binomial share, and as much again for the ring's own unevenness.
    let expected = 4.0 / 9.0;
    let bound = 10.0 * f64::sqrt(expected * (1.0 - expected) / USERS as f64);
    let share = moved / USERS as f64;
    assert!((share - expected).abs() < bound, "{share} of the users moved");
}

#[test]
fn requests_without_the_header_go_anywhere() {
    // IST-43.
    let mut proxy = hashing(&BLUE, 0);
    let seen: std::collections::BTreeSet<_> = (0..100).map(|_| pod_of(&mut proxy, 0)).collect();
    assert_eq!(seen.len(), 3);
}

#[test]
fn a_retry_returns_to_the_endpoint_that_the_hash_leads_to() {
    // IST-31: there is no avoiding of tried endpoints here.
    let mut proxy = hashing(&BLUE, 1);
    for _ in 0..20 {
        let Choice::Endpoint { host, pod } = proxy.choose(ClassId(0), NOW) else {
            panic!("blue has endpoints");
        };
        proxy.release(host);
        proxy.put_off(host, 0, 0);
        let Choice::Endpoint { host: again, pod: other } =
            proxy.choose_again(ClassId(0), host, 0, NOW)
        else {
            panic!("blue has endpoints");
        };
        proxy.release(again);
        assert_eq!(pod, other);
    }
}

#[test]
fn cookies_and_parameters_are_found_in_their_places() {
    // IST-43.
    let cookie = |text: &str| Class {
        headers: [("cookie".to_owned(), text.to_owned())].into(),
        ..class("/?a=1&user=2")
    };
    let by_cookie = HashKey::Cookie("user".into());
    assert_eq!(by_cookie.hash(&cookie("a=b; user=7")), Some(xx_hash(b"7")));
    assert_eq!(by_cookie.hash(&cookie("xuser=7")), None);
    assert_eq!(by_cookie.hash(&class("/")), None);
    assert_eq!(HashKey::Query("user".into()).hash(&cookie("")), Some(xx_hash(b"2")));
    assert_eq!(HashKey::Query("b".into()).hash(&cookie("")), None);
    assert_eq!(HashKey::SourceIp.hash(&class("/")), None);
    assert_eq!(Ring::<u8>::new(std::iter::empty(), 1024).at(1), None);
}
