"""The deep learning playground: build a network, train it live, look inside."""
