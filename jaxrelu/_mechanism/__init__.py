"""How a value and a slope, declared once, become a public function."""
