//! Where requests go (B.1, B.2).

use sim_core::mesh::ring::{MINIMUM_DEFAULT, Ring, xx_hash};

use super::agreement::{Outcome, assert_close, outcome};
use super::case::{self, Acts, Ask, Case, WELL};
use super::gateway::{self, judge};

/// Enough for a table of shares.
const MANY: u32 = 5_000;

/// 80 seconds at 250/s, the lead before time zero included.
const SIMULATED: (f64, u64) = (250.0, 20);

/// IST-07.
#[test]
fn weighted_destinations_get_their_shares_of_the_sum() {
    // IST-07, OIST-1, OIST-2, OIST-3, OIST-4: the sum need not be 100, and weight 0 gets nothing.
    let case = Case::new()
        .version("blue", 2, WELL)
        .version("green", 1, WELL)
        .version("red", 1, WELL)
        .rules(
            "  - match: [{uri: {exact: /canary}}]
    route: [{$blue, weight: 90}, {$green, weight: 10}]
  - match: [{uri: {exact: /odd}}]
    route: [{$blue, weight: 1}, {$green, weight: 3}, {$red, weight: 2}]
  - match: [{uri: {exact: /dropped}}]
    route: [{$blue, weight: 300}, {$green, weight: 100}, {$red, weight: 0}]
  - match: [{uri: {exact: /alone}}]
    route: [{$red, weight: 0}]",
        );
    judge(&case, async |mut gateway| {
        for path in ["/canary", "/odd", "/dropped", "/alone"] {
            let simulated = case::outcomes(&case.simulate(&Ask::get(path), SIMULATED));
            let lines = gateway.ask(&Ask::get(path), MANY, 32).await;
            gateway::outcomes(&lines).assert_like(&simulated, path);
        }
    });
}

/// IST-01, IST-02.
#[test]
fn the_first_rule_whose_conditions_all_hold_decides() {
    // IST-01, 02, 04: order, AND inside an entry, OR between entries, upper and lower case, whole
    // expressions, headers that must not be there, 404 when nothing matches.
    let mut case = Case::new().rules(
        "  - match:
    - {uri: {exact: /exact}}
    - {uri: {prefix: /api}, headers: {x-user: {exact: beta}}}
    route: [$one]
  - match: [{uri: {prefix: /api}, method: {exact: POST}}]
    route: [$two]
  - match: [{uri: {regex: '/items/[0-9]+'}}]
    route: [$three]
  - match: [{headers: {cookie: {regex: '^(.*?;)?(canary=yes)(;.*)?$'}}}]
    route: [$four]
  - match: [{uri: {prefix: /API}, ignoreUriCase: true, withoutHeaders: {x-old: {}}}]
    route: [$five]
  - match: [{uri: {prefix: /api}, withoutHeaders: {x-old: {prefix: v}}}]
    route: [$six]
  - match: [{queryParams: {beta: {exact: 'on'}}}, {queryParams: {gamma: {}}}]
    route: [$seven]
  - match: [{headers: {x-there: {}}}, {authority: {prefix: api.}}]
    route: [$eight]
  - match: [{uri: {prefix: /exact}}]
    route: [$nine]",
    );
    for name in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"] {
        case = case.version(name, 1, WELL);
    }
    let asks = [
        Ask::get("/exact"),
        Ask::get("/exact?beta=on"),
        Ask::get("/exact/"),
        Ask::get("/Exact"),
        Ask::get("/api/x").with("x-user", "beta"),
        Ask::get("/api/x").with("x-user", "Beta"),
        Ask::get("/api/x").with("X-User", "beta"),
        Ask::post("/api/x"),
        Ask::post("/api/x").with("x-user", "beta"),
        Ask::get("/items/17"),
        Ask::get("/items/17?x=1"),
        Ask::get("/items/17/more"),
        Ask::get("/old/items/17"),
        Ask::get("/").with("cookie", "canary=yes"),
        Ask::get("/").with("cookie", "a=b; canary=yes"),
        Ask::get("/").with("cookie", "a=b;canary=yes;c=d"),
        Ask::get("/").with("cookie", "xcanary=yes"),
        Ask::get("/ApI/x"),
        Ask::get("/api").with("x-old", "v1"),
        Ask::get("/api").with("x-old", "1"),
        Ask::get("/?beta=on"),
        Ask::get("/?alpha=1&beta=on"),
        Ask::get("/?beta=off"),
        Ask::get("/?gamma"),
        Ask::get("/?gamma="),
        Ask::get("/").with("x-there", "1"),
        Ask::get("/").with("x-there", ""),
        Ask::get("/apix"),
        Ask::get("/nothing"),
    ];
    judge(&case, async |mut gateway| {
        for ask in asks {
            let simulated = case::outcomes(&case.simulate(&ask, (2.0, 1))).kinds();
            let lines = gateway.ask(&ask, 1, 1).await;
            let envoy: Vec<Outcome> = lines.into_iter().map(|line| line.outcome).collect();
            assert_eq!(envoy, simulated, "{ask:?}");
        }
    });
}

/// IST-04, IST-21, IST-22, IST-23.
#[test]
fn a_request_that_cannot_be_served_says_why_by_code_and_flag() {
    // IST-04, 21, 22, 23; OIST-6, OIST-7, OIST-8; retries of refused connections: IST-30.
    let case = Case::new().version("empty", 0, WELL).version("closed", 2, Acts::Refuse).rules(
        "  - match: [{uri: {exact: /empty}}]
    route: [$empty]
  - match: [{uri: {exact: /undefined}}]
    route: [$purple]
  - match: [{uri: {exact: /closed}}]
    retries: {attempts: 0}
    route: [$closed]
  - match: [{uri: {exact: /retried}}]
    route: [$closed]",
    );
    judge(&case, async |mut gateway| {
        for (path, expected, tries) in [
            ("/empty", outcome("unknown", 503, "UH"), 1),
            ("/undefined", outcome("unknown", 503, "NC"), 0),
            ("/nowhere", outcome("unknown", 404, "NR"), 0),
            ("/closed", outcome("closed", 503, "UF"), 1),
            ("/retried", outcome("closed", 503, "URX,UF"), 3),
        ] {
            let line = gateway.ask(&Ask::get(path), 1, 1).await.remove(0);
            assert_eq!((&line.outcome, line.attempts), (&expected, tries), "Envoy, {path}");
            let simulated = case::outcomes(&case.simulate(&Ask::get(path), (2.0, 1)));
            assert_eq!(simulated.kinds(), [expected], "simulator, {path}");
        }
    });
}

#[test]
fn round_robin_gives_every_endpoint_the_same_number() {
    // IST-40. Two proxies may begin at different endpoints: counts differ by one at most.
    let case = Case::new()
        .version("blue", 4, WELL)
        .policy("{loadBalancer: {simple: ROUND_ROBIN}}")
        .rules("  - route: [$all]");
    judge(&case, async |mut gateway| {
        gateway.ask(&Ask::get("/"), 402, 1).await;
        let counts: Vec<_> = gateway.pods.iter().map(|pod| pod.seen().len()).collect();
        assert!(counts.iter().all(|count| (100..=101).contains(count)), "{counts:?}");
        let simulation = case.simulate(&Ask::get("/"), (5.0, 60));
        let servers = simulation.world().application.servers();
        let served: Vec<_> = servers.map(|server| server.served).collect();
        let (least, most) = (served.iter().min(), served.iter().max());
        assert!(
            served.len() == 4 && most.zip(least).is_some_and(|(m, l)| m - l <= 1),
            "{served:?}"
        );
    });
}

/// IST-40.
#[test]
fn least_request_takes_the_less_busy_of_two_draws_with_replacement() {
    // IST-40: of two endpoints, one of which never answers, it is drawn once more only if both draws
    // hit it, a quarter of the time; drawing without replacement would never do so.
    let case = Case::new().version("told", 2, Acts::Obey).rules("  - route: [$all]");
    judge(&case, async |mut gateway| {
        let hang = Ask::get("/").with("x-answers", "hang");
        gateway.ask_meanwhile(&hang, 0);
        gateway.until_seen("told", 1).await;
        let busy = gateway.pods.iter().position(|pod| pod.seen().len() == 1).expect("one is busy");
        let asked = 2_000;
        gateway.ask(&Ask::get("/"), asked, 1).await;
        let share = (gateway.pods[busy].seen().len() - 1) as f64 / f64::from(asked);
        let bound = 5.0 * (0.25 * 0.75 / f64::from(asked)).sqrt();
        assert_close("least request: the busy one of two", share, 0.25, bound);
    });
}

/// Four pods, told apart by their versions, of which the request decides one.
fn hashing(key: &str) -> Case {
    Case::new()
        .version("one", 1, WELL)
        .version("two", 1, WELL)
        .version("three", 1, WELL)
        .version("four", 1, WELL)
        .policy(&format!("{{loadBalancer: {{consistentHash: {{{key}}}}}}}"))
        .rules("  - route: [$all]")
}

/// IST-43.
#[test]
fn equal_hashes_lead_to_the_same_endpoint_and_none_to_any() {
    // IST-43. The simulator's ring, laid over the real addresses, names the real choices.
    let ask = |user: u32| {
        let value = format!("a-user-whose-name-is-longer-than-thirty-two-bytes-{user}");
        let path = format!("/?user={value}");
        (Ask::get(&path).with("x-user", &value).with("cookie", &format!("user={value}")), value)
    };
    for key in [
        "httpHeaderName: X-User",
        "httpCookie: {name: user, ttl: 0s}",
        "httpQueryParameterName: user",
    ] {
        let case = hashing(key);
        judge(&case, async |mut gateway| {
            let addresses = gateway.pods.iter().map(|pod| format!("127.0.0.1:{}", pod.port));
            let addresses: Vec<_> = addresses.collect();
            let pods = addresses.iter().map(String::as_str).zip(&gateway.pods);
            let members: Vec<_> = pods.map(|(address, pod)| (address, pod.version)).collect();
            let ring = Ring::new(members.into_iter(), MINIMUM_DEFAULT);
            for user in 0..50 {
                let (ask, value) = ask(user);
                let version = ring.at(xx_hash(value.as_bytes())).expect("four pods");
                let lines = gateway.ask(&ask, 2, 1).await;
                let expected = [outcome(version, 200, "-")];
                assert_eq!(gateway::outcomes(&lines).kinds(), expected, "{key}, {value}");
            }
            let anybody = gateway.ask(&Ask::get("/"), 200, 1).await;
            assert_eq!(gateway::outcomes(&anybody).kinds().len(), 4, "{key}");
        });
        let kinds = |ask: &Ask| case::outcomes(&case.simulate(ask, (5.0, 1))).kinds().len();
        assert_eq!((kinds(&ask(1).0), kinds(&Ask::get("/"))), (1, 4), "{key}");
    }
}
