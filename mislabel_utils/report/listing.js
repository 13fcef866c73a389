// A long table that can be searched and sorted. Without this script it is all there, unsorted.
{
  const box = document.currentScript.parentElement, view = box.querySelector("div");
  const body = box.querySelector("tbody");
  const field = box.querySelector("input");
  const count = box.querySelector("output");
  const plain = (text) => text.toLowerCase().replaceAll("’", "'");
  const rows = [...body.rows].map((row) => ({ row, text: plain(row.textContent) }));
  const SOME = 100;
  let room = SOME; // for so many rows of those that are found: a thousand take seconds to lay out

  const show = () => {
    let place = 0;
    for (const { row, found } of rows) row.hidden = !found || ++place > room;
  };
  const search = () => {
    const words = plain(field.value).split(/\s+/);
    for (const each of rows) each.found = words.every((word) => each.text.includes(word));
    room = SOME;
    show();
    const shown = rows.filter(({ found }) => found).length;
    const of = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
    count.value = shown ? of : `${of}: none has all of these words`;
  };

  // Numbers by their size, even with a unit behind them; all else as text.
  const texts = new Intl.Collator("en", { numeric: true });
  const size = (text) => parseFloat(text.replace(/,/g, "").replace("−", "-"));

  box.querySelectorAll("th button").forEach((button, column) => {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const down = head.ariaSort === "ascending" ? -1 : 1;
      for (const each of head.parentElement.cells) each.ariaSort = null;
      head.ariaSort = down > 0 ? "ascending" : "descending";
      for (const each of rows) each.size = size((each.said = each.row.cells[column].textContent));
      rows.sort((a, b) => down * (a.size - b.size || texts.compare(a.said, b.said)));
      body.append(...rows.map(({ row }) => row));
      room = SOME;
      view.scrollTop = 0;
      show();
    });
  });

  view.addEventListener("scroll", () => {
    if (view.scrollTop + 2 * view.clientHeight < view.scrollHeight || room > rows.length) return;
    room += SOME;
    show();
  });
  view.onkeydown = (key) => key.stopPropagation(); // in Jupyter arrows would go to the next cell
  field.addEventListener("input", search);
  field.value = new URLSearchParams(location.search).get("find") ?? ""; // a caption's own records
  box.classList.add("works");
  search();
}
