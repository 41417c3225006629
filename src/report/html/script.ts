/**
 * The only script of the page: it sorts tables, copies a command and opens folded parts for the printer. Without it everything can
 * still be read. It has no `</`, so that it cannot end its own element.
 */
export const SCRIPT = `
for (const table of document.querySelectorAll('table[data-sortable]')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.firstElementChild.addEventListener('click', () => {
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of heads) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const body = table.tBodies[0];
    const key = (row) => { const cell = row.cells[column]; return cell.dataset.key ?? cell.textContent.trim(); };
    const compare = (x, y) => {
      if (x === '' || y === '') return x === y ? 0 : x === '' ? 1 : -1;
      const numbers = !isNaN(x) && !isNaN(y);
      const order = numbers ? x - y : x < y ? -1 : x > y ? 1 : 0;
      return down ? -order : order;
    };
    body.append(...[...body.rows].sort((a, b) => compare(key(a), key(b))));
  }));
}
for (const button of document.querySelectorAll('button[data-copy]')) {
  const source = button.parentElement.querySelector('code');
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = 'Selected';
    }
  });
}
const closed = () => document.querySelectorAll('details:not([open])');
let opened = [];
addEventListener('beforeprint', () => { opened = [...closed()]; for (const part of opened) part.open = true; });
addEventListener('afterprint', () => { for (const part of opened) part.open = false; });
`
