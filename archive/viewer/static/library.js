// What makes the library quicker with JavaScript; everything works without it.

const search = document.getElementById("search");
const results = document.getElementById("results");
const help = document.getElementById("help");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// ---------------------------------------------------------------- search as you type

if (search && results) {
  const told = document.getElementById("told");
  let waiting = 0;
  let asked = null;

  const look = async () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(search)) {
      if (value && !(name === "order" && value === "relevance")) query.set(name, value);
    }
    const tail = query.toString() ? `?${query}` : "";
    asked?.abort();
    asked = null;
    results.removeAttribute("aria-busy");
    if (tail === location.search) return;
    const own = (asked = new AbortController());
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`/search/results${tail}`, { signal: own.signal });
      const text = await answer.text();
      if (own !== asked) return;
      if (answer.ok) {
        results.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
        history.replaceState(null, "", `/search${tail}`);
        told.textContent = results.querySelector("h2")?.textContent ?? "";
      } else {
        told.textContent = text.trim();
      }
    } catch (error) {
      if (error.name !== "AbortError") told.textContent = "The library does not answer.";
    } finally {
      if (own === asked) results.removeAttribute("aria-busy");
    }
  };

  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 180);
  });
  search.addEventListener("change", () => {
    clearTimeout(waiting);
    look();
  });
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    look();
  });
}

// ---------------------------------------------------------------- keyboard

const typing = (target) =>
  target.closest("input, textarea, select, [contenteditable]") !== null || target.closest("dialog") !== null;

const step = (by) => {
  const links = [...document.querySelectorAll("#main .headline a")];
  if (links.length === 0) return false;
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
  if (!next) return false;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
  return true;
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const field = document.getElementById("q");
  const listing = document.activeElement?.matches("#main .headline a") ?? false;
  if (typing(event.target)) {
    if (event.target === field && event.key === "ArrowDown" && document.querySelector("#results .headline a")) {
      event.preventDefault();
      step(1);
    }
    return;
  }
  if (event.key === "/" && field) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "?" && help) {
    event.preventDefault();
    help.showModal();
  } else if (event.key === "j" || (listing && event.key === "ArrowDown")) {
    if (step(1)) event.preventDefault();
  } else if (event.key === "k" || (listing && event.key === "ArrowUp")) {
    if (step(-1)) event.preventDefault();
  }
});

for (const button of document.querySelectorAll("[data-help]")) {
  button.closest("[hidden]")?.removeAttribute("hidden");
  button.addEventListener("click", () => help.showModal());
}

// ---------------------------------------------------------------- pictures that are not there

for (const picture of document.querySelectorAll("img.thumb")) {
  picture.addEventListener("error", () => {
    picture.closest(".card")?.classList.remove("pictured");
    picture.closest(".frame")?.remove();
  });
}
