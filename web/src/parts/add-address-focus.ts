/** The one address field: on the board at first start, otherwise on the list of services. */
export const addAddressId = 'add-address';

export function focusAddAddress(goTo: (path: string) => void): void {
  const field = document.getElementById(addAddressId);
  if (field === null) goTo(`/services#${addAddressId}`);
  else {
    field.scrollIntoView({ block: 'center' });
    field.focus();
  }
}
