/** The code of `guest/` as built, which defines `guest`; put in by the build of the sandbox. */
declare const GUEST_SOURCE: string;
export const guestSource: string = GUEST_SOURCE;
