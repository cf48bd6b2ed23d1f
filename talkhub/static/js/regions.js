// A way for htmx to swap: only the regions of a page that differ, without taking away what
// somebody is at. An opened table stays open, a marked text marked, the focus where it is.

htmx.defineExtension("regions", {
  handleSwap: (style, root, fresh) => style === "regions" && swapRegions(root, fresh),
});

function swapRegions(root, fresh) {
  // Another page, as after signing out, or one that is built differently now.
  if (regionsOf(root) !== regionsOf(fresh)) {
    location.reload();
    return [];
  }
  for (const region of root.querySelectorAll("[data-region]")) {
    const next = fresh.querySelector(`[data-region="${region.dataset.region}"]`);
    if (isSelected(region)) continue;
    keepOpen(region, next);
    if (region.innerHTML === next.innerHTML && region.className === next.className) continue;
    const focused = region.contains(document.activeElement) ? placeOf(document.activeElement) : "";
    region.className = next.className;
    region.replaceChildren(...next.childNodes);
    if (focused) region.querySelector(focused)?.focus();
  }
  return [];
}

function regionsOf(part) {
  return Array.from(part.querySelectorAll("[data-region]"), (found) => found.dataset.region).join();
}

// Somebody who marks text to copy it must not lose it.
function isSelected(region) {
  const selection = getSelection();
  return !selection.isCollapsed && region.contains(selection.anchorNode);
}

function keepOpen(region, next) {
  const opened = region.querySelectorAll("details");
  next.querySelectorAll("details").forEach((details, index) => {
    details.open = opened[index]?.open ?? false;
  });
}

function placeOf(element) {
  const href = element.getAttribute("href");
  return href ? `[href="${CSS.escape(href)}"]` : element.tagName;
}
