/** Shows the page in its element. */
function start(root: HTMLElement): void {
  root.replaceChildren();
  const heading = document.createElement('h1');
  heading.textContent = 'Upload files';
  root.append(heading);
}

const root = document.getElementById('page');
if (root !== null) start(root);
