"""How to read and switch one battery over Bluetooth; knows nothing of Home Assistant."""
