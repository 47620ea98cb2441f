//! The built guide in a real browser: a learner's first visit, the look of every page, and the
//! digests.

mod compare;
mod database;
mod lab;
mod look;
mod map;
mod quiz;
mod visit;

use self::visit::Visit;
use crate::determinism::{assert_same, plan};

#[test]
fn chromium_gives_the_same_digests() {
    let visit = Visit::new();
    visit.open("extra/digest.js");
    let script = format!(
        "(async () => {{
            const {{ default: init, Case }} = await import('/extra/digest.js');
            await init({{ module_or_path: '/extra/digest_bg.wasm' }});
            const plan = {};
            const run = async (one) => {{
                while (!one.advance(plan.chunk)) await new Promise((next) => setTimeout(next));
                return one.digest();
            }};
            const digests = [await run(Case.shipped(plan.bundle, plan.solution))];
            for (let number = 1; number <= plan.random; number++) {{
                digests.push(await run(Case.random(number)));
            }}
            return digests;
        }})()",
        plan()
    );
    let digests = visit.value(&script);
    let digests: Vec<_> = digests.as_array().expect("a list").iter().collect();
    let digests: Vec<_> = digests.iter().map(|one| one.as_str().unwrap_or("").to_owned()).collect();
    assert_same("Chromium", &digests);
}
