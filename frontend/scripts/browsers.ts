/** The oldest browsers served: the first with `light-dark()`, popovers and constructable style sheets. */
export const browsers = ['chrome125', 'edge125', 'firefox125', 'safari17.5'];
