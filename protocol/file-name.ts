/**
 * Whether Windows can store a file under a name: it reserves characters, endings and the names of devices.
 * https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
 */
export function isWindowsName(name: string): boolean {
  return !/[<>:"\\|?*]|[. ]$|^(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³])(?:\.|$)/i.test(name);
}
