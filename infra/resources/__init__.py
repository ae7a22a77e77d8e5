"""Documents of Azure Resource Manager, typed where ours are written."""
