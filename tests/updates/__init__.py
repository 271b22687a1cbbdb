"""Updates: statements, press releases, reports and flash updates of partners."""
