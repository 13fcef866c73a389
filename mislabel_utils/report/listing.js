// A long table that can be searched and sorted. Without this script it is all there, unsorted.
{
  const box = document.currentScript.parentElement;
  const body = box.querySelector("tbody");
  const field = box.querySelector("input");
  const count = box.querySelector("output");
  const rows = [...body.rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));

  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const { row, text } of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.value = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
  };

  // Numbers by their size, even with a unit behind them; all else as text.
  const compare = (one, other) => {
    const numbers = [one, other].map((text) => parseFloat(text.replace(/,/g, "").replace("−", "-")));
    if (!numbers.some(Number.isNaN)) return numbers[0] - numbers[1];
    return one.localeCompare(other, "en", { numeric: true });
  };

  box.querySelectorAll("th button").forEach((button, column) => {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const down = head.ariaSort === "ascending" ? -1 : 1;
      for (const each of head.parentElement.cells) each.ariaSort = null;
      head.ariaSort = down > 0 ? "ascending" : "descending";
      rows.sort((a, b) => down * compare(a.row.cells[column].textContent, b.row.cells[column].textContent));
      body.append(...rows.map(({ row }) => row));
    });
  });

  field.addEventListener("input", search);
  box.classList.add("works");
  search();
}
