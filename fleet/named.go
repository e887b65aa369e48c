package fleet

// Named is the host called name. The error names the nearest there is.
func (inv *Inventory) Named(name string) (Host, error) {
	h, ok := inv.Host(name)
	if !ok {
		return h, mistake(didYouMean(name, inv.Names(), "See the hosts with `nixfleet-tui status`."), "there is no host called %s", name)
	}
	return h, nil
}
