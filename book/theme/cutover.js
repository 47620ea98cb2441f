// Brings quizzes and labs to life: each bundle is fetched only by pages that need it, the lab's only
// when a lab comes near. Everything comes from the book's own origin.
(() => {
  "use strict";
  const root = new URL((typeof path_to_root === "string" && path_to_root) || ".", document.baseURI);
  const load = (name) => {
    const script = new URL(`wasm/${name}.js`, root);
    const module_or_path = new URL(`wasm/${name}_bg.wasm`, root);
    return import(script).then((bundle) => bundle.default({ module_or_path }));
  };
  const failed = (elements) => (error) => {
    for (const element of elements) {
      element.dataset.failed = String(error);
      element.querySelector(".cutover-lab-note")?.replaceChildren("This is how one run of the lab went.");
    }
    console.error(error);
  };

  const quizzes = document.querySelectorAll(".cutover-quiz");
  if (quizzes.length > 0) {
    load("reader").catch(failed(quizzes));
  }

  const near = (elements, name) => {
    const seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        seen.disconnect();
        load(name).catch(failed(elements));
      },
      { rootMargin: "300px" },
    );
    for (const element of elements) seen.observe(element);
  };

  const databases = document.querySelectorAll(".cutover-database");
  for (const database of databases) database.dataset.root ||= root.href;
  near(databases, "database");

  const labs = document.querySelectorAll(".cutover-lab");
  for (const lab of labs) {
    lab.dataset.root ||= root.href;
    const note = lab.querySelector(".cutover-lab-note");
    if (note) note.textContent = "The live lab is loading. Until then: this is how one run of it went.";
  }
  if (labs.length > 0) {
    // A shared run is what the reader came for.
    if (location.hash.startsWith("#run=")) labs[0].scrollIntoView({ block: "start" });
    near(labs, [...labs].some((lab) => lab.dataset.bundle === "lab-full") ? "lab-full" : "lab");
  }
})();
