//! The quizzes: answers get feedback and are kept.

use super::visit::Visit;

#[test]
fn a_quiz_is_answered_and_found_again_after_a_reload() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    visit.until("!!document.querySelector('.quiz-question input[type=radio]')", 60);
    let question = "document.querySelector('.quiz-question:has(input[type=radio])')";
    let choices = visit.value(&format!("{question}.querySelectorAll('input[type=radio]').length"));
    let (mut correct, mut pictured) = (false, Vec::new());
    for choice in 0..choices.as_u64().expect("a number") {
        visit.value(&format!("{question}.querySelectorAll('input[type=radio]')[{choice}].click()"));
        visit.value(&format!(
            "[...{question}.querySelectorAll('button')].find((one) => one.textContent === 'Check').click()"
        ));
        visit.until(&format!("!!{question}.querySelector('.quiz-verdict')"), 10);
        let verdict =
            visit.value(&format!("{question}.querySelector('.quiz-verdict').textContent"));
        let verdict = verdict.as_str().expect("a text");
        if !pictured.contains(&verdict.trim_start().starts_with('✓')) {
            let right = verdict.trim_start().starts_with('✓');
            pictured.push(right);
            visit.pictures(if right { "quiz-right" } else { "quiz-wrong" }, ".quiz");
        }
        assert!(20 < verdict.len(), "every choice has feedback, not only `{verdict}`");
        if verdict.trim_start().starts_with('✓') {
            correct = true;
            break;
        }
        visit.value(&format!(
            "[...{question}.querySelectorAll('button')].find((one) => one.textContent === 'Try again').click()"
        ));
        visit.until(&format!("!{question}.querySelector('.quiz-verdict')"), 10);
    }
    assert!(correct, "one of the choices is right");
    visit.open("what-and-why.html");
    visit.until(
        "document.querySelector('.quiz-found')?.textContent.startsWith('Progress found')",
        60,
    );
    visit
        .until(&format!("{question}.querySelector('.quiz-verdict').textContent.includes('✓')"), 10);
    visit.assert_clean();
}
