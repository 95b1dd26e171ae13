'use strict';

// Apart from the entry, because a Node that is too old for `import()` does not parse it.
import('./main.js');
