/** The built code of `guest/`, which defines `guest`; inserted by the build of the sandbox. */
declare const GUEST_SOURCE: string;
export const guestSource: string = GUEST_SOURCE;
